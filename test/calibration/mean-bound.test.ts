import { describe, expect, it } from 'vitest';
import { meanIsBelow } from '../../lib/calibration/mean-bound.ts';
import { Random } from '../support/random.ts';

/** Distributions over [-1, 1] whose mean is just above the limit 0.05: a claim that it is below is an error. */
const justAbove: readonly (readonly [string, (random: Random) => number])[] = [
  ['many small losses', (random) => 0.051 + 0.2 * (random.next() - 0.5)],
  ['gains and losses', (random) => (random.next() < 0.5255 ? 1 : -1)],
  ['few large losses', (random) => (random.next() < 0.051 ? 1 : 0)],
  ['rows that mostly stay', (random) => (random.next() < 0.3 ? (random.next() < 0.5852 ? 1 : -1) : 0)],
];

const draw = (rows: number, of: (random: Random) => number, random: Random) =>
  Float64Array.from({ length: rows }, () => of(random));

describe('the bound on a mean', () => {
  it.each(justAbove)('is wrong no more often than it may: %s', (_, of) => {
    const random = new Random(1);
    const repeats = 1000;
    for (const rows of [20, 100, 500]) {
      let wrong = 0;
      for (let repeat = 0; repeat < repeats; repeat++) {
        if (meanIsBelow(draw(rows, of, random), 0.05, 0.1)) wrong++;
      }
      // Three standard errors above 10 %.
      expect(wrong / repeats, `${rows} rows`).toBeLessThan(0.1 + 3 * Math.sqrt(0.09 / repeats));
    }
  });

  it('finds a mean that lies clearly below, with a few hundred rows', () => {
    const random = new Random(2);
    const better = (source: Random) => (source.next() < 0.3 ? (source.next() < 0.4 ? 1 : -1) : 0); // mean -0.06
    let found = 0;
    for (let repeat = 0; repeat < 100; repeat++) {
      if (meanIsBelow(draw(600, better, random), 0.02, 0.05)) found++;
    }
    expect(found).toBeGreaterThan(80);
  });

  it('needs some 3 / limit rows even where nothing was ever lost', () => {
    expect(meanIsBelow(new Float64Array(200), 0.01, 0.05)).toBe(false);
    expect(meanIsBelow(new Float64Array(500), 0.01, 0.05)).toBe(true);
  });

  it('claims nothing without rows', () => {
    expect(meanIsBelow([], 0.5, 0.5)).toBe(false);
  });
});
