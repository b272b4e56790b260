/**
 * Policies are pure: predictions and costs in, the index of the chosen model out. They see only models that passed
 * every hard constraint. Arrays are indexed by model; `eligible` lists the indices to choose among, in any order:
 * the result does not depend on it.
 */
export interface PolicyInput {
  /** Predicted quality per model, in [0, 1]. */
  readonly quality: ArrayLike<number>;
  /** Predicted cost per model in USD, finite and not negative. */
  readonly costUsd: ArrayLike<number>;
  /** Never empty. */
  readonly eligible: readonly number[];
}

/** What the caller asked for, one of the policies below. */
export type PolicySpec =
  | {
      readonly kind: 'tolerance';
      /** IPR's tau in [0, 1]: 0 takes the best predicted model, 1 the cheapest. */
      readonly tolerance: number;
    }
  | {
      readonly kind: 'utility';
      /** Lambda >= 0: how much quality one USD must buy. 0 takes the best predicted model; Infinity the cheapest. */
      readonly costWeight: number;
    };

export type PolicyKind = PolicySpec['kind'];

/** The chosen model and, for `tolerance`, the quality it had to reach. */
export interface Choice {
  readonly index: number;
  /** The quality threshold that applied, null where the policy has none. */
  readonly threshold: number | null;
}

/** A number of an `ArrayLike` that is known to be long enough. */
export function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? Number.NaN;
}
