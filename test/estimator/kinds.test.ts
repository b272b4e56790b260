import { describe, expect, it } from 'vitest';
import { cholesky, solveCholesky } from '../../lib/estimator/cholesky.ts';
import { constantFactory } from '../../lib/estimator/constant.ts';
import type { LabelledEmbeddings } from '../../lib/estimator/estimator.ts';
import { trainIpr } from '../../lib/estimator/ipr.ts';
import { type IprSettings, iprLosses } from '../../lib/estimator/ipr-settings.ts';
import { knnFactory } from '../../lib/estimator/knn.ts';
import { predictAll } from '../../lib/estimator/predict.ts';
import { ridgeFactory } from '../../lib/estimator/ridge.ts';
import { routingError } from '../../lib/estimator/routing-error.ts';
import { meanSquaredError, plantedData, replaceScores } from './planted.ts';

const training = plantedData(500, 11);
const validation = plantedData(200, 12);
const test = plantedData(300, 13);
const small: IprSettings = { hiddenSize: 32, identitySize: 8, epochs: 6 };

describe('routingError', () => {
  const scores = Float32Array.of(1, 0, 0.5, 0.5);

  it('counts an error that all models of a row share far less than one between them', () => {
    const shared = routingError(Float32Array.of(0.9, -0.1, 0.4, 0.4), scores, 2);
    const between = routingError(Float32Array.of(0.9, 0.1, 0.4, 0.6), scores, 2);
    expect(shared).toBeCloseTo(0.05 * 0.01, 8);
    expect(between).toBeCloseTo(0.01, 8);
  });

  it('leaves missing cells out', () => {
    const masked = Float32Array.of(1, Number.NaN, 0.5, 0.5);
    expect(routingError(Float32Array.of(1, 1, 0.5, 0.5), masked, 2)).toBe(0);
  });
});

describe('the Cholesky factorisation', () => {
  it('solves a symmetric positive definite system', () => {
    const matrix = Float64Array.of(4, 2, 0.6, 2, 5, 1, 0.6, 1, 3);
    const lower = cholesky(matrix, 3);
    expect(lower).not.toBeNull();
    const x = solveCholesky(lower as Float64Array, 3, Float64Array.of(1, -2, 0.5));
    const back = [0, 1, 2].map((i) => x.reduce((sum, v, j) => sum + (matrix[3 * i + j] as number) * v, 0));
    [1, -2, 0.5].forEach((expected, i) => {
      expect(back[i]).toBeCloseTo(expected, 12);
    });
  });

  it('answers null for a matrix that is not positive definite', () => {
    expect(cholesky(Float64Array.of(1, 2, 2, 1), 2)).toBeNull();
  });
});

describe('the constant estimator', () => {
  it('predicts the mean of the known scores', async () => {
    const data: LabelledEmbeddings = {
      rows: 3,
      dimension: 1,
      models: ['a', 'b'],
      embeddings: Float32Array.of(1, 1, 1),
      scores: Float32Array.of(1, Number.NaN, 0, 0.5, 0.5, Number.NaN),
    };
    const estimator = await constantFactory.train(data, data, {});
    expect([...predictAll(estimator, Float32Array.of(1, -1), 2)]).toEqual([0.5, 0.5, 0.5, 0.5]);
  });
});

describe('the ridge estimator', () => {
  it('recovers a linear relation between embeddings and scores', async () => {
    const linear = (data: LabelledEmbeddings): LabelledEmbeddings => {
      const scores = new Float32Array(data.rows * 2);
      for (let row = 0; row < data.rows; ++row) {
        const x = data.embeddings[row * data.dimension] as number;
        scores.set([0.5 + 0.4 * x, 0.3 - 0.2 * x], row * 2);
      }
      return { ...data, models: ['up', 'down'], scores };
    };
    const estimator = await ridgeFactory.train(linear(training), linear(validation), {});
    const predictions = predictAll(estimator, test.embeddings, test.rows);
    expect(estimator.state().config).toEqual({ lambda: 1, sharedLambda: 1 });
    expect(meanSquaredError(predictions, linear(test).scores)).toBeLessThan(1e-4);
  });

  it('fits each model on its own rows: a model with missing cells equals one trained on those rows alone', async () => {
    const half = training.rows / 2;
    const { dimension, models } = training;
    const scores = training.scores.slice();
    for (let row = half; row < training.rows; ++row) scores[row * models.length] = Number.NaN;
    const alone: LabelledEmbeddings = {
      ...training,
      rows: half,
      embeddings: training.embeddings.slice(0, half * dimension),
      scores: training.scores.slice(0, half * models.length),
    };
    const [partial, reference] = await Promise.all(
      [{ ...training, scores }, alone].map((data) => ridgeFactory.train(data, validation, {})),
    );
    const weights = (estimator: typeof partial) =>
      estimator?.state().tensors.weight?.data.slice(0, dimension);
    const lambdas = [partial, reference].map((estimator) => estimator?.state().config.lambda);
    expect(lambdas[0]).toBe(lambdas[1]);
    expect(weights(partial)).toEqual(weights(reference));
  });
});

describe('the knn estimator', () => {
  it('never asks for more neighbours than it has rows', async () => {
    const few = plantedData(7, 21);
    const estimator = await knnFactory.train(few, validation, {});
    expect(estimator.state().config.k).toBe(7);
    expect(predictAll(estimator, test.embeddings, test.rows).every(Number.isFinite)).toBe(true);
  });

  it('keeps its own copy of the rows', async () => {
    const own = plantedData(100, 22);
    const estimator = await knnFactory.train(own, validation, {});
    const before = predictAll(estimator, test.embeddings, test.rows);
    own.embeddings.fill(0);
    own.scores.fill(0);
    expect(predictAll(estimator, test.embeddings, test.rows)).toEqual(before);
  });
});

describe('the ipr estimator', () => {
  it('differs with another seed', async () => {
    const [first, second] = await Promise.all(
      [1, 2].map((seed) => trainIpr(training, validation, { ...small, seed })),
    );
    expect(first?.state().tensors).not.toEqual(second?.state().tensors);
  });

  it.each(iprLosses)('learns with the %s loss', async (loss) => {
    const estimator = await trainIpr(training, validation, { loss, members: 1 });
    const constant = await constantFactory.train(training, validation, {});
    const error = (e: typeof estimator) =>
      meanSquaredError(predictAll(e, test.embeddings, test.rows), test.scores);
    expect(error(estimator)).toBeLessThan(0.95 * error(constant));
  });

  it('averages the logits of its members', async () => {
    const { tensors, ...rest } = (await trainIpr(training, validation, { ...small, members: 2 })).state();
    const { fromState } = await import('../../lib/estimator/ipr.ts').then((m) => m.iprFactory);
    const member = (index: number) => {
      const one = Object.entries(tensors).map(([name, { shape, data }]) => {
        const size = data.length / 2;
        return [name, { shape: [1, ...shape.slice(1)], data: data.slice(index * size, (index + 1) * size) }];
      });
      const estimator = fromState(
        { ...rest, tensors: Object.fromEntries(one) },
        training.models,
        training.dimension,
      );
      return predictAll(estimator, test.embeddings, test.rows);
    };
    const both = predictAll(
      fromState({ ...rest, tensors }, training.models, training.dimension),
      test.embeddings,
      test.rows,
    );
    const logit = (p: number) => Math.log(p / (1 - p));
    const [first, second] = [member(0), member(1)];
    both.forEach((p, i) => {
      expect(logit(p)).toBeCloseTo((logit(first[i] as number) + logit(second[i] as number)) / 2, 3);
    });
  });

  it('keeps the weights of its best epoch', async () => {
    const errors: number[] = [];
    const noisy = replaceScores(training, 3, 0.5, Number.NaN);
    const estimator = await trainIpr(noisy, validation, {
      members: 1,
      hiddenSize: 64,
      learningRate: 0.03,
      patience: 3,
      onProgress: ({ detail }) => errors.push(Number(detail.split(' ').at(-1))),
    });
    const predictions = predictAll(estimator, validation.embeddings, validation.rows);
    const kept = routingError(predictions, validation.scores, validation.models.length);
    expect(kept).toBeCloseTo(Math.min(...errors), 4);
    expect(errors.at(-1)).toBeGreaterThan(kept);
  });

  it.each([
    [{ hiddenSize: 0 }, 'ipr: hiddenSize must be a positive whole number, got 0'],
    [{ inputDropout: 1 }, 'ipr: inputDropout must be in [0, 1), got 1'],
    [{ learningRate: Number.NaN }, 'ipr: learningRate must be a finite number of at least 0, got NaN'],
  ])('refuses the settings %o', async (settings, message) => {
    await expect(trainIpr(training, validation, settings)).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', message }),
    );
  });
});
