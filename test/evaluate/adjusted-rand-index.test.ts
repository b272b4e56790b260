import { describe, expect, it } from 'vitest';
import { adjustedRandIndex } from '../../lib/evaluate/adjusted-rand-index.ts';
import { Random } from '../../lib/nn/random.ts';

describe('the adjusted Rand index', () => {
  it('is 1 for the same partition under other names', () => {
    expect(adjustedRandIndex([0, 0, 1, 2, 2], [7, 7, 3, 0, 0])).toBe(1);
    expect(adjustedRandIndex([0, 0], [1, 1])).toBe(1);
  });

  it('is as worked by hand', () => {
    // Pairs together: 2 in the first, 2 in the second, 1 in both, of 6: expected 4 / 6.
    expect(adjustedRandIndex([0, 0, 1, 1], [0, 0, 1, 2])).toBeCloseTo((1 - (2 * 1) / 6) / (1.5 - 2 / 6), 12);
    expect(adjustedRandIndex([0, 0, 1, 1], [0, 1, 0, 1])).toBeCloseTo((0 - 4 / 6) / (2 - 4 / 6), 12);
  });

  it('is about 0 for partitions at random', () => {
    const random = new Random(1);
    const draw = () => Array.from({ length: 4000 }, () => random.integer(7));
    expect(Math.abs(adjustedRandIndex(draw(), draw()))).toBeLessThan(0.01);
  });
});
