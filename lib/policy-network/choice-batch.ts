import { type Sets, setsOf } from '../nn/sets.ts';
import { Tensor } from '../nn/tensor.ts';
import {
  actorFeatures,
  candidateFeatures,
  criticFeatures,
  preferenceFeatures,
  preferenceVector,
} from '../policy/candidate-features.ts';

/** Rows that a policy learns from: what a router predicts for them, and what was measured. Matrices are [rows, models]. */
export interface PolicyRows {
  readonly rows: number;
  readonly models: number;
  /** [rows, dimension] as the estimator's own network sees them, of unit mean square. */
  readonly prompts: Float32Array;
  /** [models, identity], of unit mean square. */
  readonly identities: Float32Array;
  readonly quality: ArrayLike<number>;
  readonly costUsd: ArrayLike<number>;
  /** What pretraining takes for the truth: predictions, calibrated. */
  readonly calibrated: ArrayLike<number>;
  /** NaN: not run. */
  readonly scores: ArrayLike<number>;
  /** NaN: not known. */
  readonly actualUsd: ArrayLike<number>;
}

/** A choice to make: a row or a mix of two, the models at choice, and what cost counts for. */
export interface Choice {
  readonly row: number;
  readonly other: number;
  /** Of `row` in the mix; 1: the row itself. */
  readonly share: number;
  readonly eligible: readonly number[];
  /** What the dearest model's predicted cost counts for, in quality. */
  readonly weight: number;
}

/** Many choices, their candidates packed. */
export interface ChoiceBatch {
  readonly sets: Sets;
  /** [candidates, identity + actorFeatures] */
  readonly candidates: Tensor;
  /** [candidates, identity + criticFeatures] */
  readonly unpreferred: Tensor;
  /** [choices, dimension] */
  readonly prompts: Tensor;
  /** [choices, preferenceFeatures] */
  readonly preferences: Tensor;
  /** [candidates] predicted quality less what the cost counts for. */
  readonly utilities: Tensor;
  /** [candidates] the same of calibrated quality. */
  readonly calibrated: Float32Array;
  /** [candidates] measured. */
  readonly scores: Float32Array;
  /** [candidates] measured, above the cheapest, by the dearest predicted. */
  readonly costs: Float32Array;
  /** [choices] */
  readonly weights: Float64Array;
}

export function makeBatch(data: PolicyRows, choices: readonly Choice[]): ChoiceBatch {
  const dimension = data.prompts.length / data.rows;
  const identity = data.identities.length / data.models;
  const sets = setsOf(choices.map(({ eligible }) => eligible.length));
  const rows = sets.offsets[sets.count] ?? 0;
  const batch = {
    sets,
    candidates: Tensor.zeros([rows, identity + actorFeatures]),
    unpreferred: Tensor.zeros([rows, identity + criticFeatures]),
    prompts: Tensor.zeros([choices.length, dimension]),
    preferences: Tensor.zeros([choices.length, preferenceFeatures]),
    utilities: Tensor.zeros([rows]),
    calibrated: new Float32Array(rows),
    scores: new Float32Array(rows),
    costs: new Float32Array(rows),
    weights: Float64Array.from(choices, ({ weight }) => weight),
  };
  choices.forEach((choice, set) => {
    mixPrompts(data.prompts, choice, batch.prompts.data.subarray(set * dimension, (set + 1) * dimension));
    batch.preferences.data.set(preferenceVector(choice.weight), set * preferenceFeatures);
    fillCandidates(data, choice, batch, sets.offsets[set] ?? 0);
  });
  return batch;
}

/**
 * omega . [score, -cost] of a choice, with omega = [1, weight] / (1 + weight): weights of cost are of any size, and what an error
 * of the value does to the advantage is not to grow with them.
 */
export function scalarised({ weights }: ChoiceBatch, choice: number, score: number, cost: number): number {
  const weight = weights[choice] as number;
  return (score - weight * cost) / (1 + weight);
}

function mixPrompts(prompts: Float32Array, { row, other, share }: Choice, out: Float32Array): void {
  const own = row * out.length;
  out.set(prompts.subarray(own, own + out.length));
  if (share === 1) return;
  const from = other * out.length;
  for (let i = 0; i < out.length; ++i) {
    out[i] = share * (out[i] as number) + (1 - share) * (prompts[from + i] as number);
  }
}

function fillCandidates(data: PolicyRows, choice: Choice, batch: ChoiceBatch, first: number): void {
  const { row, other, share, eligible, weight } = choice;
  const { models, identities } = data;
  const identity = identities.length / models;
  const mixed = (values: ArrayLike<number>, column: number) => {
    const own = values[row * models + column] as number;
    return share === 1 ? own : share * own + (1 - share) * (values[other * models + column] as number);
  };
  const costUsd = eligible.map((column) => mixed(data.costUsd, column));
  const actualUsd = eligible.map((column) => mixed(data.actualUsd, column));
  const dearest = costUsd.reduce((a, b) => Math.max(a, b), 0);
  const cheapest = actualUsd.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const quality = eligible.map((column) => mixed(data.quality, column));
  const [wide, narrow] = [identity + actorFeatures, identity + criticFeatures];
  const { candidates, unpreferred, utilities, calibrated, scores, costs } = batch;
  const out = { values: candidates.data, start: first * wide + identity, stride: wide };
  candidateFeatures(
    { quality, costUsd, eligible: [...eligible.keys()] },
    dearest > 0 ? weight / dearest : 0,
    out,
  );
  for (let i = 0, at = first; i < eligible.length; ++i, ++at) {
    const column = eligible[i] as number;
    const own = candidates.data.subarray(at * wide, (at + 1) * wide);
    own.set(identities.subarray(column * identity, (column + 1) * identity));
    unpreferred.data.set(own.subarray(0, narrow), at * narrow);
    const penalty = own[wide - 1] as number;
    utilities.data[at] = (own[identity] as number) - penalty;
    calibrated[at] = mixed(data.calibrated, column) - penalty;
    scores[at] = mixed(data.scores, column);
    costs[at] = dearest > 0 ? ((actualUsd[i] as number) - cheapest) / dearest : 0;
  }
}
