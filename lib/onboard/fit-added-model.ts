import { foldRows } from '../data/fold-rows.ts';
import { PointsmanError } from '../errors.ts';
import { checkpoint } from '../estimator/checkpoint.ts';
import type { QualityEstimator } from '../estimator/estimator.ts';
import type { AddedAdapter } from '../estimator/onboarded.ts';
import { onboardedState } from '../estimator/onboarded.ts';
import { predictAll } from '../estimator/predict.ts';
import { estimatorFromState } from '../estimator/registry.ts';
import { Random } from '../nn/random.ts';
import { scoreRows } from '../score-rows.ts';
import { type FrozenRidge, fitFrozenRidge, predictFrozenRidge } from './frozen-ridge.ts';
import { type FrozenTwin, twinOf } from './frozen-twin.ts';
import { type HeldOutErrors, heldOutErrors } from './held-out-errors.ts';
import { routingTargets } from './routing-targets.ts';
import { type AdapterRows, type AdapterSettings, trainAdapter } from './train-adapter.ts';

/** Prompts that the new model was scored on. */
export interface LabelledPrompts extends AdapterRows {
  /** [rows, old] scores of the old models on them, NaN where not known; null where none is. */
  readonly oldScores: Float32Array | null;
  /** [rows] prompts of one group stay on one side of every fold. */
  readonly groups: readonly string[];
}

export interface FitOptions {
  /** Id of the new model. */
  readonly model: string;
  readonly seed: number;
  readonly adapter: AdapterSettings;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((done: number, total: number) => void) | undefined;
}

/** A frozen estimator with the new model as its last. */
export interface FittedModel {
  readonly estimator: QualityEstimator;
  /** [rows] predictions of the new model by fits that did not see the row's group. */
  readonly heldOut: Float64Array;
  readonly errors: HeldOutErrors;
  readonly ridge: FrozenRidge;
  /** Share of the adapter's head in the prediction, in [0, 1]; 0: it did not help; null: too few prompts to try. */
  readonly adapterShare: number | null;
}

/** Fewer labels cannot say whether an adapter helps: see bench/results/onboard.json. */
const leastAdapterRows = 100;
/** Shares to try of the adapter's head beside the ridge. */
const adapterShares = [0.25, 0.5, 0.75, 1] as const;
/** An adapter must lower the held-out squared error by this share, or it is left out: it costs time on every prompt. */
const leastGain = 0.01;

/**
 * Fits a new model to a frozen estimator: a ridge on the frozen predictions of the old models, and an adapter with a head
 * of its own beside it where cross-validation says that it helps. Nothing of the old models changes.
 */
export async function fitAddedModel(
  base: QualityEstimator,
  data: LabelledPrompts,
  options: FitOptions,
): Promise<FittedModel> {
  const predicted = predictAll(base, data.embeddings, data.rows);
  const targets = routingTargets({ ...data, old: base.models.length, predicted });
  const context: Context = { base, data: { ...data, scores: targets }, predicted, options, twin: null };
  const trying = data.rows >= leastAdapterRows ? { ...context, twin: twinOf(base, data) } : context;
  const folds = foldRows(data.groups, data.rows < 100 ? 10 : 5, options.seed);
  const crossed = await crossFit(trying, folds);
  const adapterShare = chooseShare(crossed, targets);
  const heldOut = blend(crossed, adapterShare);
  const all = Array.from({ length: data.rows }, (_, row) => row);
  const ridge = ridgeOn(context, all);
  const adapter = adapterShare === 0 ? null : await adapterOn(trying, all, ridge);
  options.onProgress?.(1, 1);
  const added = { weight: mixWeight(ridge, adapterShare), bias: (1 - adapterShare) * ridge.bias, adapter };
  const models = [...base.models, options.model];
  return {
    estimator: estimatorFromState(onboardedState(base.state(), added), models, base.dimension),
    heldOut,
    errors: heldOutErrors({ ...data, old: base.models, predicted }, folds, heldOut),
    ridge,
    adapterShare: trying.twin === null ? null : adapterShare,
  };
}

interface Context {
  readonly base: QualityEstimator;
  /** With `routingTargets` for scores. */
  readonly data: LabelledPrompts;
  /** [rows, old] of the frozen estimator. */
  readonly predicted: Float32Array;
  readonly options: FitOptions;
  /** null where no adapter is tried. */
  readonly twin: FrozenTwin | null;
}

/** Predictions of each row by a fit on the other folds. */
interface CrossFit {
  /** [rows], not held in [0, 1] */
  readonly byRidge: Float64Array;
  /** [rows], in [0, 1]; null where no adapter was tried. */
  readonly byAdapter: Float64Array | null;
}

async function crossFit(context: Context, folds: readonly number[]): Promise<CrossFit> {
  const { data, predicted, options, twin } = context;
  const byRidge = new Float64Array(data.rows);
  const byAdapter = twin === null ? null : new Float64Array(data.rows);
  const count = Math.max(...folds) + 1;
  if (count < 2) {
    throw new PointsmanError(
      'ERR_INVALID_DATA',
      'onboarding: all labelled prompts share one group (title, dupOf or text), so nothing can be held out: add prompts of another kind',
    );
  }
  for (let fold = 0; fold < count; fold++) {
    await checkpoint(options.signal);
    options.onProgress?.(fold, count + 1);
    const others = [...folds.keys()].filter((row) => folds[row] !== fold);
    const own = [...folds.keys()].filter((row) => folds[row] === fold);
    const ridge = ridgeOn(context, others);
    for (const row of own) byRidge[row] = predictFrozenRidge(ridge, predicted, row);
    if (byAdapter === null) continue;
    const scores = scoreAdapter(context, await adapterOn(context, others, ridge), own);
    for (const [index, row] of own.entries()) byAdapter[row] = scores[index] ?? 0;
  }
  return { byRidge, byAdapter };
}

function ridgeOn({ base, data, predicted }: Context, rows: readonly number[]): FrozenRidge {
  const old = base.models.length;
  const own = new Float32Array(rows.length * old);
  for (const [to, row] of rows.entries()) own.set(predicted.subarray(row * old, (row + 1) * old), to * old);
  const scores = Float64Array.from(rows, (row) => data.scores[row] ?? 0);
  return fitFrozenRidge({ rows: rows.length, old, predicted: own, scores });
}

async function adapterOn(
  { data, options, twin }: Context,
  rows: readonly number[],
  ridge: FrozenRidge,
): Promise<AddedAdapter | null> {
  if (twin === null) return null;
  return trainAdapter(takeRows(data, rows), {
    twin,
    shares: sharesOf(ridge, twin.old),
    settings: options.adapter,
    random: new Random(options.seed),
    signal: options.signal,
  });
}

function takeRows({ dimension, embeddings, scores }: AdapterRows, rows: readonly number[]): AdapterRows {
  const own = new Float32Array(rows.length * dimension);
  for (const [to, row] of rows.entries()) {
    own.set(embeddings.subarray(row * dimension, (row + 1) * dimension), to * dimension);
  }
  return {
    rows: rows.length,
    dimension,
    embeddings: own,
    scores: Float64Array.from(rows, (row) => scores[row] ?? 0),
  };
}

/** The ridge's weights of the twin's models as a mixture: what is negative counts as nothing. */
function sharesOf({ weight }: FrozenRidge, old: number): Float64Array {
  const positive = Float64Array.from({ length: old }, (_, model) => Math.max(0, weight[model] ?? 0));
  const sum = positive.reduce((total, share) => total + share, 0);
  return positive.map((share) => (sum > 0 ? share / sum : 1 / old));
}

/** [rows] of the adapter's head alone, by the native head that will serve it. */
function scoreAdapter(
  { base, data, options }: Context,
  adapter: AddedAdapter | null,
  rows: readonly number[],
): Float32Array {
  const weight = new Float32Array(base.models.length + 1);
  weight[base.models.length] = 1;
  const models = [...base.models, options.model];
  const state = onboardedState(base.state(), { weight, bias: 0, adapter });
  const all = scoreRows(
    estimatorFromState(state, models, base.dimension).headSpec(),
    takeRows(data, rows).embeddings,
    rows.length,
  );
  return Float32Array.from(rows, (_, index) => all[index * models.length + models.length - 1] ?? 0);
}

function chooseShare(crossed: CrossFit, scores: Float64Array): number {
  if (crossed.byAdapter === null) return 0;
  let best = { share: 0, error: (1 - leastGain) * squaredError(blend(crossed, 0), scores) };
  for (const share of adapterShares) {
    const error = squaredError(blend(crossed, share), scores);
    if (error < best.error) best = { share, error };
  }
  return best.share;
}

function blend({ byRidge, byAdapter }: CrossFit, share: number): Float64Array {
  return byRidge.map((ridge, row) => {
    const mixed = (1 - share) * ridge + share * (byAdapter?.[row] ?? 0);
    return Math.min(1, Math.max(0, mixed));
  });
}

function squaredError(predicted: Float64Array, scores: Float64Array): number {
  return predicted.reduce((sum, value, row) => sum + (value - (scores[row] ?? 0)) ** 2, 0) / predicted.length;
}

function mixWeight({ weight }: FrozenRidge, adapterShare: number): Float32Array {
  const own = [...weight].map((value) => (1 - adapterShare) * value);
  return Float32Array.from(adapterShare === 0 ? own : [...own, adapterShare]);
}
