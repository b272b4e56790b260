import { describe, expect, it } from 'vitest';
import { crossFit } from '../../lib/estimator/cross-fit.ts';
import type { LabelledEmbeddings } from '../../lib/estimator/estimator.ts';
import { predictAll } from '../../lib/estimator/predict.ts';
import { estimatorFactory, estimatorFromState } from '../../lib/estimator/registry.ts';
import { Random } from '../../lib/nn/random.ts';
import { plantedData } from './planted.ts';

const dimension = 40;
const models = ['left', 'right'];

/**
 * Prompts of sources that lie in directions of their own. Within a source one of the models is right, by the sign of a value
 * that all sources share, but which model it is differs between sources: nothing learnt on some holds on another.
 */
function sourcesApart(rows: number, sources: readonly number[], seed: number): LabelledEmbeddings {
  const random = new Random(seed);
  const embeddings = new Float32Array(rows * dimension);
  const scores = new Float32Array(rows * models.length);
  const names: string[] = [];
  for (let row = 0; row < rows; ++row) {
    const source = sources[row % sources.length] ?? 0;
    const vector = Array.from({ length: dimension }, () => 0.1 * random.normal());
    vector[1 + source] = 1.5;
    vector[0] = random.uniform() < 0.5 ? 1 : -1;
    const norm = Math.hypot(...vector);
    embeddings.set(
      vector.map((value) => value / norm),
      row * dimension,
    );
    const isLeft = vector[0] * (source % 2 === 0 ? 1 : -1) > 0;
    const isUsual = random.uniform() < 0.9;
    scores.set(isLeft === isUsual ? [1, 0] : [0, 1], row * models.length);
    names.push(`source ${source}`);
  }
  return { rows, dimension, models, embeddings, scores, sources: names };
}

/** Mean over rows of how far the two models' predictions are apart. */
function spread(predicted: Float32Array): number {
  let sum = 0;
  for (let cell = 0; cell < predicted.length; cell += 2)
    sum += Math.abs((predicted[cell] as number) - (predicted[cell + 1] as number));
  return (2 * sum) / predicted.length;
}

describe('caution on unfamiliar prompts', () => {
  const sources = [0, 1, 2, 3];
  const data = sourcesApart(800, sources, 1);
  const folds = Array.from({ length: data.rows }, (_, row) => Math.floor(row / 4) % 4);

  it('trusts what was learnt where it was learnt, and means elsewhere', async () => {
    const factory = estimatorFactory('mlp');
    const { estimator, outOfFold } = await crossFit(factory, data, folds, { seed: 0 });
    const alike = sourcesApart(400, sources, 2);
    const unlike = sourcesApart(400, [20, 21, 22, 23], 3);
    const near = predictAll(estimator, alike.embeddings, alike.rows);
    const far = predictAll(estimator, unlike.embeddings, unlike.rows);
    expect(spread(near)).toBeGreaterThan(0.3);
    expect(spread(outOfFold)).toBeGreaterThan(0.3);
    expect(spread(far)).toBeLessThan(0.25 * spread(near));
    const reckless = await factory.train(data, alike, { seed: 0 });
    expect(spread(predictAll(reckless, unlike.embeddings, unlike.rows))).toBeGreaterThan(2 * spread(far));
  }, 60_000);

  it('is kept with the estimator', async () => {
    const { estimator } = await crossFit(estimatorFactory('ridge'), data, folds, { seed: 0 });
    expect(estimator.headSpec().kind).toBe('familiar');
    const restored = estimatorFromState(estimator.state(), models, dimension);
    const fresh = sourcesApart(50, [0, 9], 4);
    expect(predictAll(restored, fresh.embeddings, fresh.rows)).toEqual(
      predictAll(estimator, fresh.embeddings, fresh.rows),
    );
  });

  it('leaves out a model that the other topics were not run on', async () => {
    const scores = data.scores.slice();
    for (let row = 0; row < data.rows; ++row) if (row % 4 !== 3) scores[2 * row] = Number.NaN;
    const { outOfFold } = await crossFit(estimatorFactory('ridge'), { ...data, scores }, folds, { seed: 0 });
    expect(outOfFold.every((quality) => quality >= 0 && quality <= 1)).toBe(true);
  });

  it('names a damaged curve', async () => {
    const { estimator } = await crossFit(estimatorFactory('ridge'), data, folds, { seed: 0 });
    const { tensors, ...state } = estimator.state();
    const { 'familiarity.trust': _, ...damaged } = tensors;
    expect(() => estimatorFromState({ ...state, tensors: damaged }, models, dimension)).toThrow(
      expect.objectContaining({
        code: 'ERR_CORRUPT_FILE',
        message: expect.stringContaining('has no tensor "familiarity.trust"'),
      }),
    );
  });

  it('finds topics by itself where the data names none', async () => {
    const { sources: _, ...unnamed } = data;
    const { estimator } = await crossFit(estimatorFactory('ridge'), unnamed, folds, { seed: 0 });
    const unlike = sourcesApart(200, [20, 21], 3);
    const near = predictAll(estimator, data.embeddings, data.rows);
    expect(spread(predictAll(estimator, unlike.embeddings, unlike.rows))).toBeLessThan(0.5 * spread(near));
  });
});

it('leaves an estimator as it is where too few rows say how far to trust it', async () => {
  const small = plantedData(90, 1);
  const folds = Array.from({ length: small.rows }, (_, row) => row % 4);
  const { estimator } = await crossFit(
    estimatorFactory('ridge'),
    {
      ...small,
      rows: 40,
      embeddings: small.embeddings.slice(0, 40 * small.dimension),
      scores: small.scores.slice(0, 40 * 4),
    },
    folds.slice(0, 40),
    { seed: 0 },
  );
  expect(estimator.headSpec().kind).toBe('linear');
});
