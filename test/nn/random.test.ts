import { describe, expect, it } from 'vitest';
import { Random } from '../../lib/nn/random.ts';

const draws = (count: number, draw: () => number) => Array.from({ length: count }, draw);

describe('Random', () => {
  it('repeats with the same seed and differs with a neighbouring one', () => {
    const sequence = (seed: number) => {
      const random = new Random(seed);
      return draws(20, () => random.uniform());
    };
    expect(sequence(1)).toEqual(sequence(1));
    expect(sequence(2)).not.toEqual(sequence(1));
  });

  it('gives unrelated numbers for neighbouring seeds', () => {
    const first = draws(2000, () => 0).map((_, seed) => new Random(seed).uniform() - 0.5);
    const products = first.slice(1).map((x, i) => x * (first[i] as number));
    const correlation = (12 * products.reduce((a, b) => a + b, 0)) / products.length;
    expect(Math.abs(correlation)).toBeLessThan(0.1);
  });

  it('draws uniform numbers of mean 1/2 and variance 1/12', () => {
    const random = new Random(3);
    const x = draws(20_000, () => random.uniform());
    const mean = x.reduce((a, b) => a + b, 0) / x.length;
    expect(mean).toBeCloseTo(0.5, 1.7);
    expect(x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length).toBeCloseTo(1 / 12, 2);
    expect(Math.min(...x)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...x)).toBeLessThan(1);
  });

  it('draws normal numbers of mean 0, variance 1 and kurtosis 3', () => {
    const random = new Random(4);
    const x = draws(40_000, () => random.normal());
    const moment = (power: number) => x.reduce((a, b) => a + b ** power, 0) / x.length;
    expect(moment(1)).toBeCloseTo(0, 1);
    expect(moment(2)).toBeCloseTo(1, 1);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.2);
  });

  it.each([9, 40_000])('sets to zero as often as asked, whatever its neighbour, of %i values', (count) => {
    const values = new Float32Array(count).fill(-1);
    new Random(8).fillOrZero(values, 0.4, 2);
    expect(new Set(values)).toEqual(new Set([0, 2]));
    if (count < 100) return;
    const zeros = [...values].map((value) => (value === 0 ? 1 : 0));
    expect(zeros.reduce<number>((a, b) => a + b, 0) / count).toBeCloseTo(0.4, 2);
    const pairs = zeros.slice(1).filter((zero, i) => zero === 1 && zeros[i] === 1);
    expect(pairs.length / count).toBeCloseTo(0.16, 2);
  });

  it('shuffles into a permutation in which every value reaches every place', () => {
    const random = new Random(5);
    const counts = new Int32Array(16);
    for (let trial = 0; trial < 4000; ++trial) {
      const values = Int32Array.of(0, 1, 2, 3);
      random.shuffle(values);
      expect([...values].sort()).toEqual([0, 1, 2, 3]);
      values.forEach((value, place) => {
        counts[4 * place + value] = (counts[4 * place + value] as number) + 1;
      });
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('forks a stream that the parent does not move', () => {
    const [a, b] = [new Random(6), new Random(6)];
    const [childA, childB] = [a.fork(), b.fork()];
    draws(10, () => a.uniform());
    expect(draws(5, () => childA.uniform())).toEqual(draws(5, () => childB.uniform()));
  });
});
