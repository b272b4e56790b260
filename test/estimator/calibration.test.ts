import { describe, expect, it } from 'vitest';
import { curveKnots, fitCurves } from '../../lib/estimator/calibration-curves.ts';
import { fitIsotonic } from '../../lib/estimator/isotonic.ts';
import { fitPlatt } from '../../lib/estimator/platt.ts';
import { routingError } from '../../lib/estimator/routing-error.ts';
import { fitStackWeights } from '../../lib/estimator/stack-weights.ts';
import { Random } from '../../lib/nn/random.ts';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const logit = (p: number) => Math.log(p / (1 - p));
const models = ['a', 'b'];

/** Predictions, and scores whose true probability is `truth(model, prediction)`. */
function planted(rows: number, truth: (model: number, p: number) => number) {
  const random = new Random(5);
  const predicted = new Float32Array(rows * models.length);
  const scores = new Float32Array(rows * models.length);
  for (let cell = 0; cell < predicted.length; ++cell) {
    const p = 0.02 + 0.96 * random.uniform();
    predicted[cell] = p;
    scores[cell] = random.uniform() < truth(cell % models.length, p) ? 1 : 0;
  }
  return { predicted, scores };
}

const at = (curves: Float32Array, model: number, p: number) =>
  curves[model * curveKnots + Math.round(p * (curveKnots - 1))] as number;

describe('calibration curves', () => {
  it('leave predictions alone that are right already', () => {
    const { predicted, scores } = planted(2000, (_, p) => p);
    const curves = fitCurves(predicted, scores, models);
    for (let knot = 0; knot < curveKnots; ++knot)
      expect(curves[knot]).toBeCloseTo(knot / (curveKnots - 1), 6);
  });

  it('find each model its own way of being overconfident', () => {
    const truth = (model: number, p: number) =>
      model === 0 ? sigmoid(0.4 * logit(p)) : sigmoid(logit(p) - 1.5);
    const { predicted, scores } = planted(4000, truth);
    const curves = fitCurves(predicted, scores, models);
    for (const p of [0.125, 0.25, 0.5, 0.75, 0.875]) {
      expect(Math.abs(at(curves, 0, p) - truth(0, p))).toBeLessThan(0.05);
      expect(Math.abs(at(curves, 1, p) - truth(1, p))).toBeLessThan(0.05);
    }
  });

  it('follow a step that no sigmoid can', () => {
    const truth = (_: number, p: number) => (p < 0.5 ? 0.1 : 0.6);
    const { predicted, scores } = planted(6000, truth);
    const curves = fitCurves(predicted, scores, models);
    for (const p of [0.125, 0.375, 0.625, 0.875]) {
      expect(Math.abs(at(curves, 0, p) - truth(0, p))).toBeLessThan(0.06);
    }
  });

  it('never fall, stay in [0, 1], and take missing cells for nothing', () => {
    const { predicted, scores } = planted(60, (_, p) => 1 - p);
    for (let cell = 0; cell < scores.length; cell += 3) scores[cell] = Number.NaN;
    const curves = fitCurves(predicted, scores, models);
    for (const model of models.keys()) {
      const curve = curves.subarray(model * curveKnots, (model + 1) * curveKnots);
      expect([...curve]).toEqual([...curve].sort((a, b) => a - b));
      expect(curve[0]).toBeGreaterThanOrEqual(0);
      expect(curve[curveKnots - 1]).toBeLessThanOrEqual(1);
    }
  });
});

describe('isotonic regression', () => {
  it('pools what falls and interpolates between the blocks', () => {
    const curve = fitIsotonic({
      predicted: Float64Array.of(0.1, 0.3, 0.2, 0.9),
      measured: Float64Array.of(0, 0.2, 0.4, 1),
    });
    // 0.2 and 0.3 fall from 0.4 to 0.2: one block at 0.25 with a mean of 0.3.
    expect([0, 0.1, 0.25, 0.575, 1].map(curve)).toEqual([
      0,
      0,
      expect.closeTo(0.3, 12),
      expect.closeTo(0.65, 12),
      1,
    ]);
  });

  it('is the identity without data', () => {
    expect(fitIsotonic({ predicted: new Float64Array(0), measured: new Float64Array(0) })(0.3)).toBe(0.3);
  });
});

describe('Platt scaling', () => {
  it('stays near the identity on a handful of cells, and never falls', () => {
    const few = fitPlatt({ predicted: Float64Array.of(0.6, 0.7), measured: Float64Array.of(0, 1) });
    expect(Math.abs(few(0.5) - 0.5)).toBeLessThan(0.05);
    const inverted = fitPlatt({
      predicted: Float64Array.from({ length: 400 }, (_, i) => (i + 1) / 402),
      measured: Float64Array.from({ length: 400 }, (_, i) => (i < 200 ? 1 : 0)),
    });
    expect(inverted(0.9)).toBeGreaterThanOrEqual(inverted(0.1));
  });
});

describe('stack weights', () => {
  const scores = Float32Array.of(1, 0, 0, 1, 1, 1, 0, 0);

  it('are not negative, sum to 1 and are at least as good as any member or a grid of mixes', () => {
    const random = new Random(3);
    const noisy = (scale: number) => scores.map((score) => score + scale * random.normal());
    const members = [noisy(0.5), noisy(0.7), noisy(2)];
    const weights = fitStackWeights(members, scores, 2);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
    const mixed = (given: readonly number[]) =>
      scores.map((_, i) =>
        members.reduce((sum, member, k) => sum + (given[k] ?? 0) * (member[i] as number), 0),
      );
    const error = routingError(mixed(weights), scores, 2);
    for (let a = 0; a <= 20; ++a) {
      for (let b = 0; a + b <= 20; ++b) {
        const other = [a / 20, b / 20, 1 - (a + b) / 20];
        expect(error).toBeLessThanOrEqual(routingError(mixed(other), scores, 2) + 1e-5);
      }
    }
    for (const weight of weights) expect(weight).toBeGreaterThanOrEqual(0);
  });

  it('give a perfect member everything, whatever cells are missing', () => {
    const holes = scores.slice().fill(Number.NaN, 2, 4);
    const weights = fitStackWeights([scores, new Float32Array(8).fill(0.5)], holes, 2);
    expect(weights[0]).toBeGreaterThan(0.99);
  });
});
