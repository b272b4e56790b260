import { describe, expect, it } from 'vitest';
import { fitTrustCurve, type TrustObservation, trustAt } from '../../lib/estimator/trust-curve.ts';

/** Rows whose predictions are worth `worth` of what they say. */
function rowsOf(count: number, familiarity: (index: number) => number, worth: number): TrustObservation[] {
  return Array.from({ length: count }, (_, index) => ({
    familiarity: familiarity(index),
    predicted: 2,
    agreement: 2 * worth,
  }));
}

describe('fitTrustCurve', () => {
  it('finds what predictions are worth at every familiarity', () => {
    const curve = fitTrustCurve([
      ...rowsOf(400, (i) => 0.2 + i / 4000, 0.25),
      ...rowsOf(400, (i) => 0.7 + i / 4000, 0.75),
    ]);
    expect(curve?.familiarity).toHaveLength(8);
    if (curve === null) return;
    expect(trustAt(curve, 0)).toBeCloseTo(0.25);
    expect(trustAt(curve, 0.25)).toBeCloseTo(0.25);
    expect(trustAt(curve, 0.75)).toBeCloseTo(0.75);
    expect(trustAt(curve, 2)).toBeCloseTo(0.75);
    const [left = 0, right = 0] = [curve.familiarity[3], curve.familiarity[4]];
    expect(trustAt(curve, (left + right) / 2)).toBeCloseTo(0.5);
  });

  it('pools what would fall, and stays in [0, 1]', () => {
    const falling = fitTrustCurve([...rowsOf(100, () => 0.1, 0.8), ...rowsOf(100, () => 0.9, 0.4)]);
    expect(falling?.trust[0]).toBeCloseTo(0.6);
    expect(falling?.trust[1]).toBeCloseTo(0.6);
    const wild = fitTrustCurve([...rowsOf(100, () => 0.1, -3), ...rowsOf(100, () => 0.9, 1.7)]);
    expect(wild?.trust).toEqual([0, 1]);
  });

  it('has one point for rows that are all alike, and none for too few', () => {
    expect(fitTrustCurve(rowsOf(300, () => 0.5, 0.5))?.familiarity).toEqual([0.5]);
    expect(fitTrustCurve(rowsOf(99, (i) => i, 1))).toBeNull();
  });
});
