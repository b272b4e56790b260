import { describe, expect, test } from 'vitest';
import { concaveHull, meanHeight, type Point } from '../../lib/evaluate/hull.ts';
import { Random } from '../support/random.ts';

function points(...pairs: readonly (readonly [costUsd: number, quality: number])[]): Point[] {
  return pairs.map(([costUsd, quality]) => ({ costUsd, quality }));
}

describe('concaveHull', () => {
  test('drops points that a mix of two others, or spending less, is level with or above', () => {
    const hull = concaveHull(points([4, 0.8], [1, 0.2], [2, 0.6], [3, 0.65], [1, 0.1], [5, 0.7], [3, 0.7]));
    expect(hull).toEqual(points([1, 0.2], [2, 0.6], [4, 0.8]));
  });

  test('starts at the cheapest point however poor it is', () => {
    expect(concaveHull(points([2, 1], [0, 0]))).toEqual(points([0, 0], [2, 1]));
  });

  test('never lies below a point, and rises ever more slowly', () => {
    const random = new Random(7);
    const cloud = Array.from({ length: 200 }, () => ({ costUsd: random.next(), quality: random.next() }));
    const hull = concaveHull(cloud);
    for (const { costUsd, quality } of cloud) {
      expect(meanHeight(hull, costUsd, costUsd)).toBeGreaterThanOrEqual(quality - 1e-12);
    }
    const slopes = hull.slice(1).map((to, i) => {
      const from = hull[i] ?? to;
      return (to.quality - from.quality) / (to.costUsd - from.costUsd);
    });
    expect(slopes).toEqual(slopes.toSorted((a, b) => b - a));
    expect(Math.min(...slopes)).toBeGreaterThan(0);
  });
});

describe('meanHeight', () => {
  const hull = points([1, 0.2], [2, 0.6], [4, 0.8]);

  test('is the area under the hull over its width', () => {
    // 0.4 over [1, 2], 0.7 over [2, 4]
    expect(meanHeight(hull, 1, 4)).toBeCloseTo((0.4 + 2 * 0.7) / 3, 12);
  });

  test('takes parts of segments and goes on flat past the last vertex', () => {
    // 0.5 over [1.5, 2], 0.7 over [2, 4], 0.8 over [4, 6]
    expect(meanHeight(hull, 1.5, 6)).toBeCloseTo((0.5 * 0.5 + 2 * 0.7 + 2 * 0.8) / 4.5, 12);
    expect(meanHeight(hull, 5, 6)).toBeCloseTo(0.8, 12);
  });

  test('is cut at the ceiling', () => {
    // the ceiling 0.7 is reached at 3
    expect(meanHeight(hull, 1, 4, 0.7)).toBeCloseTo((0.4 + 0.65 + 0.7) / 3, 12);
  });

  test('is the height itself over no width', () => {
    expect(meanHeight(hull, 1.5, 1.5)).toBeCloseTo(0.4, 12);
    expect(meanHeight(hull, 9, 9)).toBe(0.8);
  });
});
