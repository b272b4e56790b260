import { describe, expect, it } from 'vitest';
import { constantFactory } from '../../lib/estimator/constant.ts';
import type { EstimatorState } from '../../lib/estimator/estimator.ts';
import { mlpFactory, trainMlp } from '../../lib/estimator/mlp.ts';
import type { MlpSettings } from '../../lib/estimator/mlp-settings.ts';
import { predictAll } from '../../lib/estimator/predict.ts';
import { meanSquaredError, plantedData } from './planted.ts';

const training = plantedData(500, 41);
const validation = plantedData(200, 42);
const test = plantedData(300, 43);
const small: MlpSettings = { hiddenSize: 32, epochs: 6 };
const { models, dimension } = training;

const predict = (state: EstimatorState) =>
  predictAll(mlpFactory.fromState(state, models, dimension), test.embeddings, test.rows);

/** The state of one member of several. */
function memberOf({ config, tensors, kind }: EstimatorState, index: number): EstimatorState {
  const one = Object.entries(tensors).map(([name, { shape, data }]) => {
    const size = data.length / (shape[0] ?? 1);
    return [name, { shape: [1, ...shape.slice(1)], data: data.slice(index * size, (index + 1) * size) }];
  });
  return { kind, config: { ...config, members: 1 }, tensors: Object.fromEntries(one) };
}

/** sigmoid(W_n relu(... relu(W_0 x + b_0)) + b_n) in float64, for one member. */
function plainScores({ config, tensors }: EstimatorState, embedding: Float32Array): number[] {
  const layers = Number(config.hiddenLayers);
  let values = [...embedding];
  for (let layer = 0; layer <= layers; ++layer) {
    const weight = tensors[`weight${layer}`]?.data ?? [];
    const bias = tensors[`bias${layer}`]?.data ?? [];
    const inputs = layer === 0 ? values : values.map((value) => Math.max(0, value));
    values = Array.from(bias, (start, output) =>
      inputs.reduce((sum, x, i) => sum + x * (weight[output * inputs.length + i] as number), start),
    );
  }
  return values.map((logit) => 1 / (1 + Math.exp(-logit)));
}

describe('the mlp estimator', () => {
  it.each([1, 2])('predicts by its formula with %d hidden layers', async (hiddenLayers) => {
    const state = (await trainMlp(training, validation, { ...small, hiddenLayers, members: 1 })).state();
    const predictions = predict(state);
    for (const row of [0, 17, 299]) {
      const expected = plainScores(state, test.embeddings.subarray(row * dimension, (row + 1) * dimension));
      for (const [model, score] of expected.entries()) {
        expect(predictions[row * models.length + model]).toBeCloseTo(score, 5);
      }
    }
  });

  it('averages its members', async () => {
    const state = (await trainMlp(training, validation, { ...small, members: 2 })).state();
    const [first, second] = [0, 1].map((member) => predict(memberOf(state, member)));
    expect(first).not.toEqual(second);
    for (const [cell, quality] of predict(state).entries()) {
      const mean = ((first?.[cell] ?? Number.NaN) + (second?.[cell] ?? Number.NaN)) / 2;
      expect(quality).toBeCloseTo(mean, 6);
    }
  });

  it('learns with two hidden layers', async () => {
    const estimator = await trainMlp(training, validation, { hiddenLayers: 2, members: 1 });
    const constant = await constantFactory.train(training, validation, {});
    const error = (e: typeof estimator) =>
      meanSquaredError(predictAll(e, test.embeddings, test.rows), test.scores);
    expect(error(estimator)).toBeLessThan(0.95 * error(constant));
  });

  it('differs with another seed', async () => {
    const [first, second] = await Promise.all(
      [1, 2].map((seed) => trainMlp(training, validation, { ...small, members: 1, seed })),
    );
    expect(first?.state().tensors).not.toEqual(second?.state().tensors);
  });

  it.each([
    [{ hiddenLayers: 0 }, 'mlp: hiddenLayers must be a positive whole number, got 0'],
    [{ hiddenDropout: -0.1 }, 'mlp: hiddenDropout must be in [0, 1), got -0.1'],
    [
      { weightDecay: Number.POSITIVE_INFINITY },
      'mlp: weightDecay must be a finite number of at least 0, got Infinity',
    ],
    [{ loss: 'mae' as 'mse' }, 'mlp: loss must be one of mse, bce, bce+ranking, got "mae"'],
  ])('refuses the settings %o', async (settings, message) => {
    await expect(trainMlp(training, validation, settings)).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', message }),
    );
  });

  it('refuses a stored state that names more layers than it has', async () => {
    const state = (await trainMlp(training, validation, { ...small, members: 1 })).state();
    const deeper = { ...state, config: { ...state.config, hiddenLayers: 2 } };
    expect(() => predict(deeper)).toThrow(
      expect.objectContaining({
        code: 'ERR_CORRUPT_FILE',
        message: expect.stringContaining('has no tensor "weight2"'),
      }),
    );
  });
});
