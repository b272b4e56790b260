import { describe, expect, it } from 'vitest';
import { Random } from '../../lib/nn/random.ts';
import {
  fitFrozenRidge,
  type LabelledPredictions,
  predictFrozenRidge,
} from '../../lib/onboard/frozen-ridge.ts';

/** Predictions of three old models, and scores that are exactly weight·predictions + bias plus noise. */
function planted(rows: number, weight: readonly number[], bias: number, noise = 0): LabelledPredictions {
  const random = new Random(rows);
  const old = weight.length;
  const predicted = Float32Array.from({ length: rows * old }, () => random.uniform());
  const scores = Float64Array.from({ length: rows }, (_, row) => {
    const clean = weight.reduce((sum, w, model) => sum + w * (predicted[row * old + model] ?? 0), bias);
    return clean + noise * random.normal();
  });
  return { rows, old, predicted, scores };
}

/** The mean squared error of leaving each row out, by fitting without it. */
function leaveOneOutByHand(data: LabelledPredictions, penalty: number): number {
  let error = 0;
  for (let left = 0; left < data.rows; left++) {
    const rows = [...data.scores.keys()].filter((row) => row !== left);
    const predicted = Float32Array.from(
      rows.flatMap((row) => [...data.predicted.subarray(row * data.old, (row + 1) * data.old)]),
    );
    const scores = Float64Array.from(rows, (row) => data.scores[row] ?? 0);
    const fit = fitFrozenRidge({ rows: rows.length, old: data.old, predicted, scores }, [penalty]);
    error += (predictFrozenRidge(fit, data.predicted, left) - (data.scores[left] ?? 0)) ** 2 / data.rows;
  }
  return error;
}

describe('the ridge on frozen predictions', () => {
  it('finds the weights behind many labels', () => {
    const { weight, bias, penalty } = fitFrozenRidge(planted(5000, [0.7, 0.1, -0.1], 0.2));
    expect(penalty).toBe(3);
    for (const [model, expected] of [0.7, 0.1, -0.1].entries())
      expect(weight[model]).toBeCloseTo(expected, 1);
    expect(bias).toBeCloseTo(0.2, 1);
  });

  it('stays near the mean of the old models with an offset where labels are noise', () => {
    const { weight } = fitFrozenRidge(planted(25, [1 / 3, 1 / 3, 1 / 3], -0.1, 0.5));
    const unshrunk = fitFrozenRidge(planted(25, [1 / 3, 1 / 3, 1 / 3], -0.1, 0.5), [1e-6]).weight;
    const away = (values: Float64Array) => Math.hypot(...values.map((value) => value - 1 / 3));
    expect(away(weight)).toBeLessThan(0.6 * away(unshrunk));
  });

  it('predicts the mean score on the mean prompt, whatever the penalty', () => {
    const data = planted(40, [0.5, 0.2, 0.1], 0.1, 0.2);
    const means = Float32Array.from({ length: 3 }, (_, model) => {
      let sum = 0;
      for (let row = 0; row < 40; row++) sum += (data.predicted[row * 3 + model] ?? 0) / 40;
      return sum;
    });
    const meanScore = data.scores.reduce((sum, score) => sum + score, 0) / 40;
    for (const penalty of [0.5, 3, 1000])
      expect(predictFrozenRidge(fitFrozenRidge(data, [penalty]), means, 0)).toBeCloseTo(meanScore, 5);
  });

  it('takes the penalty that is best when every row is left out in turn', () => {
    for (const noise of [0.02, 0.4]) {
      const data = planted(30, [1.4, -0.2, -0.3], 0, noise);
      const tried = [0.1, 3, 100];
      const errors = tried.map((penalty) => leaveOneOutByHand(data, penalty));
      const best = tried[errors.indexOf(Math.min(...errors))];
      expect(fitFrozenRidge(data, tried).penalty).toBe(best);
    }
  });

  it('has an answer where there are more old models than labels', () => {
    const { weight, bias } = fitFrozenRidge(
      planted(
        10,
        Array.from({ length: 40 }, () => 1 / 40),
        0,
        0.1,
      ),
    );
    expect(weight).toHaveLength(40);
    for (const value of [...weight, bias]) expect(Number.isFinite(value)).toBe(true);
  });
});
