import type { CurvePoint, Evaluation } from '../evaluate/evaluation.ts';
import type { SweptPolicySpec } from '../policy/policy.ts';
import type { MeasuredPreferences } from '../policy/preference-words.ts';

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
 * What words mean, by the measured curve: 'best' is the cheapest setting of the highest quality, 'cheapest' the cheapest (of the
 * highest quality at that cost), 'balanced' the one between them that is farthest above the straight line from one to the other.
 */
export function choosePreferences({ curve }: Evaluation): MeasuredPreferences {
  const best = curve.reduce((a, b) =>
    b.quality > a.quality || (b.quality === a.quality && b.costUsd < a.costUsd) ? b : a,
  );
  const cheapest = curve.reduce((a, b) =>
    b.costUsd < a.costUsd || (b.costUsd === a.costUsd && b.quality > a.quality) ? b : a,
  );
  const above = ({ quality, costUsd }: CurvePoint) =>
    (quality - cheapest.quality) * (best.costUsd - cheapest.costUsd) -
    (costUsd - cheapest.costUsd) * (best.quality - cheapest.quality);
  const balanced = curve.reduce((a, b) => (above(b) > above(a) ? b : a), best);
  const measured = (point: CurvePoint) => ({
    policy: policyOf(point),
    quality: point.quality,
    costUsd: point.costUsd,
  });
  return { best: measured(best), balanced: measured(balanced), cheapest: measured(cheapest) };
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
