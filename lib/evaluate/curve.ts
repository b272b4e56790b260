import type { CurvePoint } from './evaluation.ts';
import { meanOutcome, type RowWeights } from './outcome.ts';
import type { SweptSetting } from './sweep.ts';

/** Mean quality and cost of a swept setting. */
export function curvePoint({ policy, setting, outcome }: SweptSetting, weights: RowWeights): CurvePoint {
  return {
    policy,
    setting: setting === Number.POSITIVE_INFINITY ? 'Infinity' : setting,
    ...meanOutcome(outcome, weights),
  };
}
