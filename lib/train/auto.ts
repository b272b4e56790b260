import type { ModelEntry } from '../data/models.ts';
import type { Split } from '../data/split.ts';
import { subsetTable } from '../data/subset.ts';
import type { RoutingTable } from '../data/table.ts';
import { PointsmanError } from '../errors.ts';
import type { QualityEstimator, TrainedKind } from '../estimator/estimator.ts';
import { estimatorFactory, estimatorKinds } from '../estimator/registry.ts';
import { routingError } from '../estimator/routing-error.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { type ComparedKind, compareFigures } from './auto-choice.ts';
import { nestedFolds } from './auto-folds.ts';
import type { PromptEmbeddings } from './embed-prompts.ts';
import { type JobProgress, labelledRows } from './embed-table.ts';
import { evaluationInput } from './evaluation-input.ts';
import { holdOut } from './learning-rows.ts';
import { fitModelCosts } from './model-costs.ts';
import { requirePrices } from './model-prices.ts';
import { familiesIn } from './model-registry.ts';

/** What kinds are compared on. */
export interface AutoData {
  readonly table: RoutingTable;
  readonly embedded: PromptEmbeddings;
  /** Rows to compare on; others are not looked at. */
  readonly rows: readonly number[];
  readonly registry: ReadonlyMap<string, ModelEntry>;
}

export interface AutoOptions {
  readonly seed: number;
  /** @default every kind */
  readonly kinds?: readonly TrainedKind[];
  /** @default 5 */
  readonly folds?: number;
  /** Rows to compare on at most: on more, kinds are told apart already, and it takes hours. @default 20000 */
  readonly mostRows?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
}

/** Why a router has the kind of estimator it has. */
export interface Selection {
  readonly rule: string;
  readonly folds: number;
  /** Rows compared on. */
  readonly rows: number;
  readonly kinds: readonly ComparedKind[];
}

const RULE =
  'the simplest kind whose routing error is within one standard error, over folds and paired, of the lowest';

/**
 * Compares kinds of estimator by nested cross-validation: each outer fold is predicted by estimators that were trained, and
 * had their settings chosen, on the rows outside it.
 * Rejects with ERR_INVALID_DATA where a fold leaves a model without scores, and as the factories and `requirePrices` do.
 */
export async function selectEstimator(
  data: AutoData,
  options: AutoOptions,
): Promise<{ readonly kind: TrainedKind; readonly selection: Selection }> {
  const { kinds = estimatorKinds, folds = 5, mostRows = 20_000 } = options;
  const nested = nestedFolds(data.table.groups, data.rows, { seed: options.seed, folds, mostRows });
  const results: FoldResult[][] = [];
  for (const [index, fold] of nested.entries()) {
    const place = { index, folds: nested.length };
    results.push(await runFold(data, fold, kinds, place, options));
  }
  const compared = compareFigures(
    kinds.map((kind, column) => {
      const own = results.flatMap((fold) => fold[column] ?? []);
      return {
        kind,
        routingErrors: own.map((one) => one.routingError),
        gapsClosed: own.map((one) => one.gapClosed),
        seconds: own.reduce((sum, { seconds }) => sum + seconds, 0),
      };
    }),
  );
  const chosen = compared.find(({ verdict }) => verdict === 'chosen');
  if (chosen === undefined) throw new PointsmanError('ERR_INTERNAL', 'auto: no kind was chosen');
  const used = nested.reduce((sum, { test }) => sum + test.length, 0);
  return {
    kind: chosen.kind,
    selection: { rule: RULE, folds: nested.length, rows: used, kinds: compared },
  };
}

interface FoldResult {
  readonly routingError: number;
  readonly gapClosed: number | null;
  readonly seconds: number;
}

async function runFold(
  data: AutoData,
  fold: Split,
  kinds: readonly TrainedKind[],
  { index, folds }: { readonly index: number; readonly folds: number },
  options: AutoOptions,
): Promise<FoldResult[]> {
  const { table, embedded } = data;
  const training = labelledRows(table, embedded, fold.train);
  const validation = labelledRows(table, embedded, fold.validation);
  const judge = await judgeOf(data, fold);
  const results: FoldResult[] = [];
  for (const [column, kind] of kinds.entries()) {
    options.onProgress?.({
      stage: `comparing estimators, fold ${index + 1} of ${folds}: ${kind}`,
      done: index * kinds.length + column,
      total: folds * kinds.length,
    });
    const start = performance.now();
    const estimator = await estimatorFactory(kind)
      .train(training, validation, {
        seed: options.seed,
        families: familiesIn(data.registry),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      })
      .catch((cause: unknown) => failFold(cause, kind, index));
    const seconds = (performance.now() - start) / 1000;
    results.push({ ...judge(estimator), seconds });
  }
  return results;
}

/** Holds an estimator against the outer fold, with costs learnt where the estimator was. */
async function judgeOf(
  data: AutoData,
  fold: Split,
): Promise<(estimator: QualityEstimator) => Pick<FoldResult, 'routingError' | 'gapClosed'>> {
  const { table, embedded, registry } = data;
  const sourced = await requirePrices(subsetTable(table, fold.train), registry);
  const costs = fitModelCosts({ table, embedded, learning: holdOut(fold), registry }, sourced);
  const prices = new Map([...sourced].map(([id, { price }]) => [id, price]));
  return (estimator) => {
    const { input } = evaluationInput({ table, embedded, prices }, fold.test, { estimator, ...costs });
    const [predicted, scores] = [Float32Array.from(input.predictedQuality), Float32Array.from(input.scores)];
    return {
      routingError: routingError(predicted, scores, table.models.length),
      gapClosed: evaluate(input, { resamples: 0 }).gapClosed,
    };
  };
}

/** Errors of bad data say what the matter is in a fold, which the caller has never seen. */
function failFold(cause: unknown, kind: TrainedKind, fold: number): never {
  if (!(cause instanceof PointsmanError) || cause.code !== 'ERR_INVALID_DATA') throw cause;
  throw new PointsmanError(
    'ERR_INVALID_DATA',
    `auto: ${kind} on the rows outside fold ${fold + 1}: ${cause.message}. Too few rows for a comparison: name an estimator`,
    { cause },
  );
}
