import { describe, expect, it } from 'vitest';
import { predictBySource } from '../../lib/evaluate/source-prior.ts';

const nan = Number.NaN;
/** Model a: 1 on 30 rows of maths and 0 on 10 of poems; b: run on maths only, right on every other row. */
const training = {
  models: ['a', 'b'],
  sources: Array.from({ length: 40 }, (_, row) => (row < 30 ? 'maths' : 'poems')),
  scores: Array.from({ length: 80 }, (_, cell) => {
    const row = Math.floor(cell / 2);
    if (cell % 2 === 0) return row < 30 ? 1 : 0;
    return row < 30 ? row % 2 : nan;
  }),
};

describe('the per-source prior', () => {
  it('is the mean score of the source, with the mean of all rows counted as ten', () => {
    const predicted = predictBySource(training, ['poems', 'maths']);
    const expected = [(0 + 10 * 0.75) / 20, 0.5, (30 + 10 * 0.75) / 40, (15 + 10 * 0.5) / 40];
    expect(predicted).toHaveLength(4);
    for (const [cell, value] of expected.entries()) expect(predicted[cell]).toBeCloseTo(value, 6);
  });

  it('takes the mean of all rows for a source that training has not seen', () => {
    expect([...predictBySource(training, ['law'])]).toEqual([0.75, 0.5]);
  });

  it('takes a missing cell for nothing, and not for zero', () => {
    const [, poems] = predictBySource(training, ['poems']);
    expect(poems).toBe(0.5);
  });

  it('refuses a model without any score, and scores of another size', () => {
    const none = {
      ...training,
      models: ['a', 'b'],
      scores: training.scores.map((s, i) => (i % 2 ? nan : s)),
    };
    expect(() => predictBySource(none, ['maths'])).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_DATA',
        message: expect.stringContaining('model b has no'),
      }),
    );
    expect(() => predictBySource({ ...training, scores: [1] }, [])).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARGUMENT',
        message: 'scores: expected [40 rows, 2 models], got 1 numbers',
      }),
    );
  });
});
