import type { CurvePoint, SweptPoint } from './evaluation.ts';
import { meanOutcome, onesFor, type RowWeights } from './outcome.ts';
import type { SweptSetting } from './sweep.ts';

/** Mean quality and cost of a swept setting. */
export function curvePoint(
  { policy, setting, outcome }: Omit<SweptSetting, 'counts'>,
  weights: RowWeights,
): CurvePoint {
  return {
    policy,
    setting: setting === Number.POSITIVE_INFINITY ? 'Infinity' : setting,
    ...meanOutcome(outcome, weights),
  };
}

/** The same over all rows, with how often it takes each model. */
export function sweptPoint(swept: SweptSetting): SweptPoint {
  const rows = swept.outcome.scores.length;
  return {
    ...curvePoint(swept, onesFor(rows)),
    shares: Array.from(swept.counts, (count) => count / rows),
  };
}
