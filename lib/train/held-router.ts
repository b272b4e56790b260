import { type RouterArtifact, readArtifact } from '../artifact/artifact.ts';
import { trainedOptions } from '../artifact/as-trained.ts';
import { checkEncoder } from '../artifact/check-encoder.ts';
import { type EncoderFiles, findEncoder } from '../artifact/encoder-files.ts';
import { ConformalIntervals, defaultCoverage } from '../calibration/conformal.ts';
import type { Price } from '../cost/price.ts';
import { readModels } from '../data/models.ts';
import { readRoutingData } from '../data/read.ts';
import { selectModels } from '../data/select-models.ts';
import type { RoutingTable } from '../data/table.ts';
import type { EvaluationInput } from '../evaluate/input.ts';
import type { Backend } from '../options.ts';
import type { SweptPolicyKind } from '../policy/policy.ts';
import { type ChosenRows, chooseRows, type RowChoice } from './choose-rows.ts';
import type { PromptEmbeddings } from './embed-prompts.ts';
import { type EmbeddedTable, embedTable, type JobProgress } from './embed-table.ts';
import { evaluationInput, inputOfPredictions } from './evaluation-input.ts';
import { lookUpPrices } from './model-prices.ts';

/** What evaluations of one router and of several have in common. */
export interface HoldOptions {
  readonly data: readonly string[];
  /**
   * 'all' rows; the 'test' rows that training kept aside; or 'auto': the test rows where the data is what the router
   * was trained on, else all. @default 'auto'
   */
  readonly rows?: RowChoice;
  /** models.json with prices to use in place of the router's. */
  readonly models?: string;
  readonly encoder?: string;
  /** What encodes, as for `RouterOptions.backend`. @default 'auto' */
  readonly backend?: Backend;
  /** @default 'utility' */
  readonly policy?: SweptPolicyKind;
  /** Bootstrap resamples, 0 for no intervals. @default 1000 */
  readonly resamples?: number;
  /** Keep embeddings on disk. @default true */
  readonly cache?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: JobProgress) => void;
}

/** A router beside measured prompts, ready to be evaluated on any rows of them. */
export interface HeldRouter {
  readonly artifact: RouterArtifact;
  readonly encoder: EncoderFiles;
  /** The data with the router's models for columns. */
  readonly table: RoutingTable;
  readonly embedded: PromptEmbeddings;
  readonly prices: ReadonlyMap<string, Price>;
  readonly rows: ChosenRows;
  readonly notes: readonly string[];
}

export async function readTable({ data, signal, onProgress }: HoldOptions): Promise<RoutingTable> {
  return readRoutingData(data, {
    ...(signal === undefined ? {} : { signal }),
    onProgress: ({ bytesRead, bytes }) =>
      onProgress?.({ stage: 'reading data', done: bytesRead, total: bytes }),
  });
}

/**
 * Reads a router, checks its encoder and embeds every prompt. Rejects as `Router.load` and the data readers do.
 * @param known one map for routers held together: those with the same encoder and options embed the prompts once
 */
export async function holdRouter(
  folder: string,
  data: RoutingTable,
  options: HoldOptions,
  known?: Map<string, EmbeddedTable>,
): Promise<HeldRouter> {
  const artifact = await readArtifact(folder);
  const { table, notes } = selectModels(data, artifact.estimator.models);
  const found = await findEncoder(
    options.encoder ?? null,
    artifact.manifest.encoder.maxTokens,
    options.backend,
  );
  checkEncoder(artifact.manifest, found.name, found.sha256);
  const encoder = { ...found, options: trainedOptions(found.options, artifact.manifest) };
  const rows = chooseRows(table, artifact.manifest, options.rows ?? 'auto');
  const embedded = await embedTable(table, encoder, { ...options, known });
  const prices = await pricesOf(artifact, options.models);
  return { artifact, encoder, table, embedded, prices, rows, notes };
}

/** The router's predictions on rows of its table. */
export function heldInput(
  { artifact, table, embedded, prices }: HeldRouter,
  rows: readonly number[],
): { readonly input: EvaluationInput; readonly notes: readonly string[] } {
  const contender = {
    estimator: artifact.estimator,
    models: artifact.manifest.models,
    costHead: artifact.costHead,
  };
  return evaluationInput({ table, embedded, prices }, rows, contender);
}

/** Rows to choose settings on, but for `taken` ones; null where there are none. */
export function heldValidation(
  held: HeldRouter,
  taken: ReadonlySet<number> = new Set(),
): EvaluationInput | null {
  const { validation, isCalibration } = held.rows;
  const { calibration, manifest } = held.artifact;
  const positions = [...(validation ?? []).keys()].filter((at) => !taken.has(validation?.[at] ?? -1));
  const rows = positions.flatMap((at) => validation?.[at] ?? []);
  if (rows.length === 0) return null;
  if (!isCalibration) return heldInput(held, rows).input;
  if (calibration === null || calibration.rows !== validation?.length) return null;
  const columns = calibration.models.length;
  const take = (values: Float32Array) => {
    const own = new Float32Array(rows.length * columns);
    for (const [to, at] of positions.entries())
      own.set(values.subarray(at * columns, (at + 1) * columns), to * columns);
    return own;
  };
  const { predicted, costValues } = calibration;
  return inputOfPredictions(held, rows, manifest.models, {
    quality: take(predicted),
    costValues: costValues === null ? null : take(costValues),
  }).input;
}

/**
 * The same with prediction intervals. Those come from the router's validation rows, so their coverage is checked on other
 * rows only.
 */
export function heldInputWithIntervals(
  held: HeldRouter,
  rows: readonly number[],
): ReturnType<typeof heldInput> {
  const { input, notes } = heldInput(held, rows);
  const { calibration } = held.artifact;
  if (calibration === null) return { input, notes };
  const intervals = new ConformalIntervals(calibration, defaultCoverage).around(input.predictedQuality);
  return { input: { ...input, intervals }, notes };
}

async function pricesOf(
  { manifest }: RouterArtifact,
  modelsPath: string | undefined,
): Promise<ReadonlyMap<string, Price>> {
  if (modelsPath !== undefined) {
    const ids = manifest.models.map(({ id }) => id);
    const { prices } = await lookUpPrices(ids, await readModels(modelsPath));
    return new Map([...prices].map(([id, { price }]) => [id, price]));
  }
  return new Map(
    manifest.models.flatMap(({ id, cost }) => (cost.kind === 'per-token' ? [[id, cost] as const] : [])),
  );
}

/** What `evaluate` takes of the options; `stage` names the bootstrap in progress reports. */
export function evaluationOptions({ policy, resamples, onProgress }: HoldOptions, stage: string) {
  return {
    ...(policy === undefined ? {} : { policy }),
    ...(resamples === undefined ? {} : { resamples }),
    onProgress: (done: number, total: number) => onProgress?.({ stage, done, total }),
  };
}
