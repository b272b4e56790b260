import type { CurvePoint, Evaluation } from '../evaluate/evaluation.ts';
import type { SweptPolicySpec } from '../policy/policy.ts';

/** The default keeps this share of the best single model's quality, as measured on validation rows. */
export const defaultQualityShare = 0.99;

/**
 * What a router does where the caller asks for nothing: the cheapest setting of any policy that keeps
 * `defaultQualityShare` of the best single model's quality on validation rows; where none does, the setting of the
 * highest quality.
 */
export function chooseDefaultPolicy({ curve, controls }: Evaluation): SweptPolicySpec {
  const wanted = defaultQualityShare * controls.best.quality;
  const goodEnough = curve.filter(({ quality }) => quality >= wanted);
  const chosen =
    goodEnough.length > 0
      ? goodEnough.reduce((a, b) => (b.costUsd < a.costUsd ? b : a))
      : curve.reduce((a, b) => (b.quality > a.quality ? b : a));
  return policyOf(chosen);
}

/**
 * What a router falls back to where it can predict nothing: the models by their quality on validation rows, best first.
 * A list, for a request may leave the best one no choice.
 */
export function rankFallbackModels({ controls }: Evaluation): string[] {
  return controls.single.toSorted((a, b) => b.quality - a.quality).map(({ model }) => model);
}

/** JSON has no infinity: the cheapest model whatever its quality is tolerance 1. */
function policyOf({ policy, setting }: CurvePoint): SweptPolicySpec {
  if (setting === 'Infinity') return { kind: 'tolerance', tolerance: 1 };
  return policy === 'utility'
    ? { kind: 'utility', costWeight: setting }
    : { kind: 'tolerance', tolerance: setting };
}
