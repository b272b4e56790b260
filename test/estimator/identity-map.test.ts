import { expect, it } from 'vitest';
import { mapPool } from '../../lib/estimator/identity-map.ts';
import { identityDistance } from '../../lib/estimator/irt-identities.ts';

const metric = { shape: [1, 3, 3], data: Float32Array.of(4, 0, 0, 0, 1, 0, 0, 0, 0) };
const identity = (model: string, ...mean: number[]) => ({
  model,
  mean: Float32Array.from(mean),
  deviation: Float32Array.of(0.5, 0.1, 9),
});
const models = [
  identity('a', 0, 0, 5),
  identity('b', 1, 0, -7),
  identity('c', 0, 3, 100),
  identity('d', 2, 2, 0),
];

it('keeps the distances of identities that lie in a plane, and leaves out what no prompt depends on', () => {
  const { points, shown } = mapPool({ models, metric });
  expect(shown).toBeCloseTo(1, 3);
  for (const [i, a] of points.entries()) {
    for (const [j, b] of points.entries()) {
      const [one, other] = [models[i], models[j]];
      if (one === undefined || other === undefined) throw new Error('no such model');
      expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeCloseTo(identityDistance(one, other, metric), 2);
    }
  }
  expect(identityDistance(models[0] as never, models[1] as never, metric)).toBe(2);
  expect(points[0]?.uncertainty).toBeCloseTo(Math.sqrt(4 * 0.25 + 0.01), 5);
});

it('draws models that are all alike at one point', () => {
  const { points } = mapPool({ models: models.map(({ model }) => identity(model, 1, 1, 1)), metric });
  expect(points.every(({ x, y }) => Math.abs(x) < 1e-3 && Math.abs(y) < 1e-3)).toBe(true);
});
