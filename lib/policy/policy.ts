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

export const thresholdStrategies = ['dynamic-max', 'dynamic-minmax', 'static-max', 'static-minmax'] as const;
/** Where IPR's quality threshold lies between best and worst (arXiv 2509.06274, eqs. 3 and 4), see `qualityThreshold`. */
export type ThresholdStrategy = (typeof thresholdStrategies)[number];
export type StaticStrategy = Extract<ThresholdStrategy, `static-${string}`>;

/** Whether a strategy goes by the calibration set in place of the prompt. */
export function isStatic(strategy: ThresholdStrategy): strategy is StaticStrategy {
  return strategy === 'static-max' || strategy === 'static-minmax';
}

/** Best and worst predicted quality of a typical prompt: what the static strategies use in place of the prompt's own. */
export interface QualityRange {
  readonly max: number;
  readonly min: number;
}

/** The cheapest model above a threshold on predicted quality. */
export type TolerancePolicy = {
  readonly kind: 'tolerance';
  /** IPR's tau in [0, 1]: 0 takes the best predicted model, 1 the cheapest. */
  readonly tolerance: number;
  /** IPR's delta >= 0, subtracted from the threshold. @default 0 */
  readonly safetyMargin?: number;
} & (
  | {
      /** @default 'dynamic-max' */
      readonly strategy?: Exclude<ThresholdStrategy, StaticStrategy>;
    }
  | { readonly strategy: StaticStrategy; readonly range: QualityRange }
);

/** The most quality for the money. */
export interface UtilityPolicy {
  readonly kind: 'utility';
  /**
   * Lambda >= 0: how much quality one USD must buy. 0 takes the best predicted model; infinity the cheapest, written
   * 'Infinity' wherever the policy may be stored, for JSON has no infinite number.
   */
  readonly costWeight: number | 'Infinity';
}

/** The most quality for the money, by what is at choice on the prompt: see `chooseByPreference`. */
export interface PreferencePolicy {
  readonly kind: 'preference';
  /**
   * What the cost of the dearest model at choice counts for beside the quality of the best, >= 0: LLM Bandit's omega, the weight of
   * cost over that of quality. 0 takes the best predicted model; infinity, written 'Infinity', the cheapest.
   */
  readonly costWeight: number | 'Infinity';
}

/** The anchor, but where the evidence says that a cheaper model does. */
export interface GuardedPolicy {
  readonly kind: 'guarded';
  /** The model that answers unless another one clears the threshold. */
  readonly anchor: string;
  /** How sure the bound is, in (0, 1). */
  readonly confidence: number;
  /** Mean quality over all prompts that may be lost against always taking the anchor. */
  readonly maxLoss: number;
  /**
   * What a model's predicted quality minus the anchor's must reach, as `guardThreshold` found it on the calibration set;
   * null where the evidence is enough for none.
   */
  readonly threshold: number | null;
}

/** What a policy network makes of a preference, on one prompt: see `PolicyNetwork`. */
export interface NetworkPolicy {
  readonly kind: 'network';
  /** As that of `PreferencePolicy`, finite: what the network was told. */
  readonly costWeight: number;
  /** By model, the network's; null where the model was not at choice. */
  readonly logits: readonly (number | null)[];
  /** Uniform in [0, 1): the model is drawn by the softmax of the logits. null: the most probable one. */
  readonly draw: number | null;
}

/** Policies whose one setting an evaluation sweeps from one end to the other. */
export type SweptPolicySpec = TolerancePolicy | UtilityPolicy;
export type SweptPolicyKind = SweptPolicySpec['kind'];

/** What the caller asked for, with every number it takes to choose. Plain data that JSON keeps. */
export type PolicySpec = SweptPolicySpec | PreferencePolicy | NetworkPolicy | GuardedPolicy;
/** Policies with one setting, by which a choice can be moved from the best predicted model to the cheapest. */
export type SettingPolicySpec = SweptPolicySpec | PreferencePolicy;
export type PolicyKind = PolicySpec['kind'];

/** The chosen model and, where the policy has one, the quality it had to reach. */
export interface Choice {
  readonly index: number;
  /** The quality threshold that applied, null where the policy has none. */
  readonly threshold: number | null;
}

/** A number of an `ArrayLike` that is known to be long enough. */
export function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? Number.NaN;
}

/** Whether model a goes before model b where both are good enough: by cost, then quality, then index. */
export function isCheaper({ quality, costUsd }: PolicyInput, a: number, b: number): boolean {
  if (at(costUsd, a) !== at(costUsd, b)) return at(costUsd, a) < at(costUsd, b);
  if (at(quality, a) !== at(quality, b)) return at(quality, a) > at(quality, b);
  return a < b;
}

/** The cheapest of the eligible models whose predicted quality reaches `threshold`; -1 where none does. */
export function cheapestAbove(input: PolicyInput, threshold: number): number {
  let chosen = -1;
  for (const index of input.eligible) {
    if (at(input.quality, index) < threshold) continue;
    if (chosen < 0 || isCheaper(input, index, chosen)) chosen = index;
  }
  return chosen;
}
