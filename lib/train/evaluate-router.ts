import { type RouterArtifact, readArtifact } from '../artifact/artifact.ts';
import { trainedOptions } from '../artifact/as-trained.ts';
import { checkEncoder } from '../artifact/check-encoder.ts';
import { findEncoder } from '../artifact/encoder-files.ts';
import type { Price } from '../cost/price.ts';
import { readModels } from '../data/models.ts';
import { readRoutingData } from '../data/read.ts';
import { selectModels } from '../data/select-models.ts';
import { splitRows } from '../data/split.ts';
import type { RoutingTable } from '../data/table.ts';
import { PointsmanError } from '../errors.ts';
import { type EvaluateOptions, evaluate } from '../evaluate/evaluate.ts';
import type { Evaluation } from '../evaluate/evaluation.ts';
import type { Backend } from '../options.ts';
import type { SweptPolicyKind } from '../policy/policy.ts';
import { allRows, embedTable, type JobProgress } from './embed-table.ts';
import { evaluationInput } from './evaluation-input.ts';
import { lookUpPrices } from './model-prices.ts';

/** Which rows of the data to evaluate on. */
export type RowChoice = 'auto' | 'all' | 'test';

export interface EvaluateRouterOptions {
  readonly router: string;
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
  /** Bootstrap resamples, 0 for no intervals. @default 200 */
  readonly resamples?: number;
  readonly cache?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: JobProgress) => void;
}

/**
 * Evaluates a router on measured prompts. Where the test rows of its own training data are used, settings are chosen on
 * its validation rows. Rejects as `Router.load` and the data readers do.
 */
export async function evaluateRouter(options: EvaluateRouterOptions): Promise<Evaluation> {
  const artifact = await readArtifact(options.router);
  const { table, notes } = selectModels(await readTable(options), artifact.estimator.models);
  const encoder = await findEncoder(
    options.encoder ?? null,
    artifact.manifest.encoder.maxTokens,
    options.backend,
  );
  checkEncoder(artifact.manifest, encoder.name, encoder.sha256);
  const aligned = { ...encoder, options: trainedOptions(encoder.options, artifact.manifest) };
  const rows = chooseRows(table, artifact, options.rows ?? 'auto');
  const embedded = await embedTable(table, aligned, options);
  const prices = await pricesOf(artifact, options.models);
  const contender = {
    estimator: artifact.estimator,
    models: artifact.manifest.models,
    costHead: artifact.costHead,
  };
  const inputOf = (indices: readonly number[]) =>
    evaluationInput(table, embedded, indices, contender, prices);
  const evaluated = inputOf(rows.evaluated);
  const evaluateOptions: EvaluateOptions = {
    notes: [...rows.notes, ...notes, ...evaluated.notes],
    ...(options.policy === undefined ? {} : { policy: options.policy }),
    ...(options.resamples === undefined ? {} : { resamples: options.resamples }),
    ...(rows.validation === null ? {} : { validation: inputOf(rows.validation).input }),
  };
  return evaluate(evaluated.input, evaluateOptions);
}

async function readTable(options: EvaluateRouterOptions): Promise<RoutingTable> {
  return readRoutingData(options.data, {
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onProgress: ({ bytesRead, bytes }) =>
      options.onProgress?.({ stage: 'reading data', done: bytesRead, total: bytes }),
  });
}

interface ChosenRows {
  readonly evaluated: readonly number[];
  readonly validation: readonly number[] | null;
  readonly notes: readonly string[];
}

function chooseRows(table: RoutingTable, { manifest }: RouterArtifact, choice: RowChoice): ChosenRows {
  const { origin, seed, fractions } = manifest.data;
  const sameData =
    origin.length === table.origin.length &&
    origin.every(({ sha256 }, file) => table.origin[file]?.sha256 === sha256);
  if (choice === 'all' || (choice === 'auto' && (!sameData || fractions.test === 0))) {
    const warning = 'these rows include those the router was trained on: the figures are too favourable';
    return { evaluated: allRows(table), validation: null, notes: sameData ? [warning] : [] };
  }
  if (!sameData || fractions.test === 0) {
    const why = sameData ? 'training kept none aside' : 'the data is not what the router was trained on';
    throw new PointsmanError('ERR_INVALID_ARGUMENT', `there are no test rows: ${why}`);
  }
  const train = 1 - fractions.validation - fractions.test;
  const { test, validation } = splitRows(table.groups, { seed, train, ...fractions });
  const note = `the ${test.length} test rows that training kept aside; settings are chosen on its ${validation.length} validation rows`;
  return { evaluated: test, validation, notes: [note] };
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
