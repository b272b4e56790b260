import { describe, expect, test } from 'vitest';
import { evaluate } from '../../lib/evaluate/evaluate.ts';
import type { EvaluationInput } from '../../lib/evaluate/input.ts';
import { Random } from '../support/random.ts';
import { madeInput } from './support.ts';

/** Strong wins rows 0 and 1, both are right on 2, weak wins 3; predicted gains 0.9, 0.5, 0.1 and -0.3. */
const byHand: EvaluationInput = {
  models: ['weak', 'strong'],
  scores: [0, 1, 0, 1, 1, 1, 1, 0],
  costsUsd: [1, 5, 1, 5, 1, 5, 1, 5],
  predictedQuality: [0, 0.9, 0.2, 0.7, 0.5, 0.6, 0.8, 0.5],
  predictedCostUsd: [1, 5, 1, 5, 1, 5, 1, 5],
  promptLengths: [10, 40, 20, 30],
};

describe('APGR and CPT', () => {
  const { figures } = evaluate(byHand, { resamples: 100 });

  test('of a case worked by hand', () => {
    // PGR at 0, 1/4, ..., 1: 0, 1, 2, 2, 1
    expect(figures.apgr?.value).toBeCloseTo((0.5 + 1.5 + 2 + 1.5) / 4, 12);
    expect(figures.cpt50?.value).toBeCloseTo(0.125, 12);
    expect(figures.cpt80?.value).toBeCloseTo(0.2, 12);
  });

  test('of prompt length alone, with the difference to the router', () => {
    // short first: rows 0, 2, 3, 1 give PGR 1, 1, 0, 1; long first would give 1, 0, 0, 1
    expect(figures.apgrOfLength?.value).toBeCloseTo((0.5 + 1 + 0.5 + 0.5) / 4, 12);
    expect(figures.apgrOverLength?.value).toBeCloseTo(1.375 - 0.625, 12);
    expect(figures.apgrOverLength?.interval).not.toBeNull();
  });

  test('are those of a random order where every prediction is alike', () => {
    const level = { ...byHand, predictedQuality: new Float64Array(8).fill(0.5) };
    const found = evaluate(level, { resamples: 0 }).figures;
    expect([found.apgr?.value, found.cpt50?.value, found.cpt80?.value]).toEqual([0.5, 0.5, 0.8]);
  });

  test('are absent where there are more models', () => {
    expect(evaluate(madeInput({ models: 3 }), { resamples: 0 }).figures).not.toHaveProperty('apgr');
  });
});

describe('the control that routes by length', () => {
  const withLength = (seed: number, sign: number): EvaluationInput => {
    const input = madeInput({ rows: 400, models: 2, seed });
    const random = new Random(seed);
    const promptLengths = Array.from({ length: 400 }, (_, row) => {
      const gain = (input.scores[2 * row + 1] ?? 0) - (input.scores[2 * row] ?? 0);
      return 100 + sign * 10 * gain + 20 * random.next();
    });
    return { ...input, promptLengths };
  };

  test.each([
    ['long', 1],
    ['short', -1],
  ])('sends %s prompts to the strong model where validation rows say so', (way, sign) => {
    const { figures } = evaluate(withLength(1, sign), { validation: withLength(2, sign), resamples: 0 });
    expect(figures.apgrOfLength?.value).toBeGreaterThan(0.55);
    expect(figures.apgrOfLength?.label).toContain(`${way} to model-1`);
  });

  test('is held to the way that validation rows chose', () => {
    const { figures } = evaluate(withLength(1, 1), { validation: withLength(2, -1), resamples: 0 });
    expect(figures.apgrOfLength?.value).toBeLessThan(0.45);
  });
});
