import { describe, expect, it } from 'vitest';
import { crossFit } from '../../lib/estimator/cross-fit.ts';
import { predictAll } from '../../lib/estimator/predict.ts';
import { estimatorFactory, estimatorFromState, estimatorKinds } from '../../lib/estimator/registry.ts';
import { Random } from '../../lib/nn/random.ts';
import { meanSquaredError, plantedData, replaceScores } from './planted.ts';

const data = plantedData(400, 11);
const folds = Array.from({ length: data.rows }, (_, row) => row % 4);

describe.each(estimatorKinds)('cross-fitting %s', (kind) => {
  const factory = estimatorFactory(kind);

  it('predicts rows as new ones: where scores are noise, no better than their mean', async () => {
    const random = new Random(5);
    const scores = data.scores.map(() => (random.uniform() < 0.5 ? 1 : 0));
    const { outOfFold } = await crossFit(factory, { ...data, scores }, folds, { seed: 0 });
    expect(meanSquaredError(outOfFold, scores)).toBeGreaterThan(0.245);
  });

  it('trains the estimator it keeps on all rows, and reports progress to the end', async () => {
    const seen: number[] = [];
    const { estimator, outOfFold } = await crossFit(factory, data, folds, {
      seed: 0,
      onProgress: ({ done, total }) => seen.push(done / total),
    });
    expect(estimator.kind).toBe(kind);
    expect(outOfFold).toHaveLength(data.scores.length);
    expect(outOfFold.every((quality) => quality >= 0 && quality <= 1)).toBe(true);
    expect(seen.every((share, i) => share <= 1 && share >= (seen[i - 1] ?? 0))).toBe(true);
    const fresh = plantedData(400, 12);
    const own = predictAll(estimator, fresh.embeddings, fresh.rows);
    const half = await factory.train(plantedData(100, 13), plantedData(50, 14), { seed: 0 });
    const less = predictAll(half, fresh.embeddings, fresh.rows);
    const error = (predicted: Float32Array) => meanSquaredError(predicted, fresh.scores);
    expect(error(own)).toBeLessThan(1.02 * error(less));
  });

  it('predicts the rows of folds alone, though it is trained on all', async () => {
    const held = folds.map((fold) => (fold === 0 ? 0 : -1));
    const { estimator, outOfFold } = await crossFit(factory, data, held, { seed: 0 });
    const rowOf = (cell: number) => Math.floor(cell / data.models.length);
    expect(outOfFold.every((quality, cell) => Number.isNaN(quality) === (held[rowOf(cell)] === -1))).toBe(
      true,
    );
    const fresh = plantedData(400, 12);
    const error = (predicted: Float32Array) => meanSquaredError(predicted, fresh.scores);
    const { estimator: crossed } = await crossFit(factory, data, folds, { seed: 0 });
    expect(error(predictAll(estimator, fresh.embeddings, fresh.rows))).toBeLessThan(
      1.03 * error(predictAll(crossed, fresh.embeddings, fresh.rows)),
    );
  });

  it('brings features of several kinds to one scale, and keeps that in its state', async () => {
    const noisy = withNoise(plantedData(400, 11), 1);
    const { estimator } = await crossFit(factory, noisy, folds, { seed: 0 });
    const restored = estimatorFromState(estimator.state(), noisy.models, noisy.dimension);
    const fresh = withNoise(plantedData(200, 15), 2);
    const predicted = predictAll(restored, fresh.embeddings, fresh.rows);
    expect(predicted).toEqual(predictAll(estimator, fresh.embeddings, fresh.rows));
    if (kind === 'constant') return;
    const constant = fresh.scores.map(() => fresh.scores.reduce((a, b) => a + b, 0) / fresh.scores.length);
    expect(meanSquaredError(predicted, fresh.scores)).toBeLessThan(
      0.97 * meanSquaredError(constant, fresh.scores),
    );
  });
});

/** Two features more, a thousand times as large as the others and telling nothing. */
function withNoise(planted: ReturnType<typeof plantedData>, seed: number): ReturnType<typeof plantedData> {
  const random = new Random(seed);
  const dimension = planted.dimension + 2;
  const embeddings = new Float32Array(planted.rows * dimension);
  for (let row = 0; row < planted.rows; ++row) {
    const own = planted.embeddings.subarray(row * planted.dimension, (row + 1) * planted.dimension);
    embeddings.set(own, row * dimension);
    embeddings.set(
      [500 + 1000 * random.normal(), 1000 * random.normal()],
      row * dimension + planted.dimension,
    );
  }
  return { ...planted, dimension, embeddings, blocks: [planted.dimension, 2] };
}

it('says which model a fold leaves without scores', async () => {
  const sparse = replaceScores(data, 2, 2, Number.NaN);
  sparse.scores[2] = 1;
  await expect(crossFit(estimatorFactory('ridge'), sparse, folds, {})).rejects.toThrow(
    expect.objectContaining({
      code: 'ERR_INVALID_DATA',
      message: expect.stringContaining('model poet has no score'),
    }),
  );
});
