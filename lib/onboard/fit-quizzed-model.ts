import { loadAddon } from '../../bindings/load.ts';
import { foldRows } from '../data/fold-rows.ts';
import { PointsmanError } from '../errors.ts';
import type { QualityEstimator } from '../estimator/estimator.ts';
import { withIdentity } from '../estimator/irt-identities.ts';
import { predictAll } from '../estimator/predict.ts';
import { estimatorFromState } from '../estimator/registry.ts';
import { gatherRows } from '../estimator/take-rows.ts';
import { Random } from '../nn/random.ts';
import type { FittedModel, LabelledPrompts } from './fit-added-model.ts';
import { fitIdentity } from './fit-identity.ts';
import { type FrozenIrt, freezeIrt } from './frozen-irt.ts';
import { fitFrozenRidge } from './frozen-ridge.ts';
import { heldOutErrors } from './held-out-errors.ts';

/** Parts that answers are held out in, to tell how well the others foresee them. */
const FOLDS = 10;

/** Identities drawn to tell how sure predictions are. */
const DRAWS = 32;

export interface QuizFitOptions {
  /** Id of the new model. */
  readonly model: string;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((done: number, total: number) => void) | undefined;
}

export interface QuizzedModel extends FittedModel {
  /** Mean standard deviation, over the answered prompts, of the quality predicted under the identity's posterior. */
  readonly deviation: number;
}

/**
 * Places a new model among the identities of an `irt` estimator by its answers (LLM Bandit, arXiv 2502.02743).
 * Backbone, heads and the old models' identities stay as they are. Throws ERR_UNSUPPORTED for another kind of estimator.
 */
export async function fitQuizzedModel(
  base: QualityEstimator,
  data: LabelledPrompts,
  options: QuizFitOptions,
): Promise<QuizzedModel> {
  const irt = freezeIrt(base);
  const predicted = predictAll(base, data.embeddings, data.rows);
  const folds = foldRows(data.groups, Math.min(FOLDS, new Set(data.groups).size), options.seed);
  const count = Math.max(...folds) + 1;
  if (count < 2) {
    throw new PointsmanError(
      'ERR_INVALID_DATA',
      'quiz: all answered prompts share one group (title, dupOf or text), so nothing can be held out: answer prompts of another kind',
    );
  }
  const context = { base, irt, data, options };
  const heldOut = new Float64Array(data.rows);
  for (let fold = 0; fold < count; fold++) {
    options.onProgress?.(fold, count + 1);
    const rowsWhere = (isTaken: boolean) =>
      [...folds.keys()].filter((row) => (folds[row] === fold) === isTaken);
    const own = rowsWhere(true);
    const { estimator } = await place(context, rowsWhere(false));
    const scores = predictLast(estimator, gatherRows(data.embeddings, data.dimension, own), own.length);
    for (const [at, row] of own.entries()) heldOut[row] = scores[at] ?? 0;
  }
  const placed = await place(
    context,
    Array.from({ length: data.rows }, (_, row) => row),
  );
  options.onProgress?.(count + 1, count + 1);
  return {
    estimator: placed.estimator,
    heldOut,
    errors: heldOutErrors({ ...data, old: base.models, predicted }, folds, heldOut),
    ridge: fitFrozenRidge({ rows: data.rows, old: base.models.length, predicted, scores: data.scores }),
    adapterShare: null,
    deviation: predictiveDeviation(context, placed),
  };
}

interface Context {
  readonly base: QualityEstimator;
  readonly irt: FrozenIrt;
  readonly data: LabelledPrompts;
  readonly options: QuizFitOptions;
}

interface Placed {
  readonly estimator: QualityEstimator;
  /** [members * identity] each. */
  readonly means: Float32Array;
  readonly logVariances: Float32Array;
}

/** The same without held-out predictions: the estimator with the new model, by all of its answers. */
export async function placeModel(
  base: QualityEstimator,
  data: LabelledPrompts,
  options: QuizFitOptions,
): Promise<QualityEstimator> {
  const rows = Array.from({ length: data.rows }, (_, row) => row);
  const { estimator } = await place({ base, irt: freezeIrt(base), data, options }, rows);
  return estimator;
}

/** The estimator with the new model, by its answers to the given prompts. */
async function place({ base, irt, data, options }: Context, rows: readonly number[]): Promise<Placed> {
  const { kernels } = loadAddon();
  const quiz = {
    rows: rows.length,
    embeddings: irt.prepare(gatherRows(data.embeddings, data.dimension, rows)),
    scores: Float64Array.from(rows, (row) => data.scores[row] ?? 0),
    knownScores: data.oldScores === null ? null : gatherRows(data.oldScores, base.models.length, rows),
  };
  const means: number[] = [];
  const logVariances: number[] = [];
  for (const [member, { backbone, prior }] of irt.networks.entries()) {
    const random = new Random(options.seed + member);
    const posterior = await fitIdentity(backbone, quiz, prior, { kernels, random, signal: options.signal });
    means.push(...posterior.mean);
    logVariances.push(...posterior.logVariance);
  }
  const own = { means: Float32Array.from(means), logVariances: Float32Array.from(logVariances) };
  return { ...own, estimator: extend(base, options.model, own.means, own.logVariances) };
}

function extend(
  base: QualityEstimator,
  model: string,
  means: Float32Array,
  logVariances: Float32Array,
): QualityEstimator {
  const state = withIdentity(base.state(), means, logVariances);
  return estimatorFromState(state, [...base.models, model], base.dimension);
}

/** [rows] of the estimator's last model. */
function predictLast(estimator: QualityEstimator, embeddings: Float32Array, rows: number): Float32Array {
  const all = predictAll(estimator, embeddings, rows);
  const columns = estimator.models.length;
  return Float32Array.from({ length: rows }, (_, row) => all[(row + 1) * columns - 1] ?? 0);
}

function predictiveDeviation({ base, data, options }: Context, { means, logVariances }: Placed): number {
  const random = new Random(options.seed);
  const sums = new Float64Array(data.rows);
  const squares = new Float64Array(data.rows);
  for (let draw = 0; draw < DRAWS; ++draw) {
    const drawn = means.map((mean, i) => mean + Math.exp((logVariances[i] ?? 0) / 2) * random.normal());
    const estimator = extend(base, options.model, drawn, logVariances);
    for (const [row, quality] of predictLast(estimator, data.embeddings, data.rows).entries()) {
      sums[row] = (sums[row] ?? 0) + quality / DRAWS;
      squares[row] = (squares[row] ?? 0) + quality ** 2 / DRAWS;
    }
  }
  const deviations = squares.map((square, row) => Math.sqrt(Math.max(0, square - (sums[row] ?? 0) ** 2)));
  return deviations.reduce((sum, value) => sum + value, 0) / data.rows;
}
