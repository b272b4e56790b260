import { beforeAll, describe, expect, it } from 'vitest';
import { loadAddon } from '../../bindings/load.ts';
import { constantFactory } from '../../lib/estimator/constant.ts';
import type {
  EstimatorFactory,
  EstimatorState,
  LabelledEmbeddings,
  QualityEstimator,
  TrainingProgress,
} from '../../lib/estimator/estimator.ts';
import { predictAll } from '../../lib/estimator/predict.ts';
import { estimatorFromState } from '../../lib/estimator/registry.ts';
import { routingError } from '../../lib/estimator/routing-error.ts';
import { meanSquaredError, plantedData, replaceScores } from './planted.ts';

const training = plantedData(600, 1);
const validation = plantedData(200, 2);
const test = plantedData(400, 3);
const modelCount = training.models.length;

const predict = (estimator: QualityEstimator) => predictAll(estimator, test.embeddings, test.rows);
const failure = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

/** What every kind of estimator must do; `learns` is false for the control that ignores the prompt. */
export function describeEstimator(factory: EstimatorFactory, { learns }: { readonly learns: boolean }): void {
  const train = (data: LabelledEmbeddings, heldOut = validation) => factory.train(data, heldOut, { seed: 0 });

  describe(`the ${factory.kind} estimator`, () => {
    let estimator: QualityEstimator;
    let predictions: Float32Array;
    beforeAll(async () => {
      estimator = await train(training);
      predictions = predict(estimator);
    });

    it('keeps the kind, the models and the dimension it was trained with', () => {
      expect(estimator.kind).toBe(factory.kind);
      expect(estimator.models).toEqual(training.models);
      expect(estimator.dimension).toBe(training.dimension);
    });

    it('predicts one quality in [0, 1] per prompt and model', () => {
      expect(predictions).toHaveLength(test.rows * modelCount);
      for (const quality of predictions) {
        expect(quality).toBeGreaterThanOrEqual(0);
        expect(quality).toBeLessThanOrEqual(1);
      }
    });

    it('predicts the same from its stored state', () => {
      const { config, ...state } = estimator.state();
      const stored = { ...structuredClone(state), config: JSON.parse(JSON.stringify(config)) };
      const restored = estimatorFromState(stored, training.models, training.dimension);
      expect(predict(restored)).toEqual(predictions);
    });

    it('predicts the same alone as in a batch, and in any order', () => {
      const { dimension } = training;
      const head = new (loadAddon().Head)(estimator.headSpec());
      for (const row of [399, 7, 0, 250]) {
        const alone = head.score(test.embeddings.subarray(row * dimension, (row + 1) * dimension), 1);
        expect(alone).toEqual(predictions.slice(row * modelCount, (row + 1) * modelCount));
      }
      head.dispose();
    });

    it('is the same, bit for bit, when trained again with the same seed', async () => {
      const again = await train(training);
      expect(again.state()).toEqual(estimator.state());
    });

    it('does not take missing cells for zeros', async () => {
      const model = 0;
      const mean = (from: Float32Array) =>
        from.reduce((sum, quality, i) => (i % modelCount === model ? sum + quality : sum), 0) / test.rows;
      const trainOn = (value: number) =>
        train(replaceScores(training, model, 0.5, value), replaceScores(validation, model, 0.5, value));
      const masked = await trainOn(Number.NaN);
      const zeroed = await trainOn(0);
      expect(Math.abs(mean(predict(masked)) - mean(predictions))).toBeLessThan(0.06);
      expect(mean(predictions) - mean(predict(zeroed))).toBeGreaterThan(0.2);
    });

    it('stops with ERR_ABORTED when the signal is aborted before', async () => {
      const signal = AbortSignal.abort(new Error('shutting down'));
      const trained = factory.train(training, validation, { signal });
      await expect(trained).rejects.toThrow(failure('ERR_ABORTED', 'training was aborted'));
    });

    if (learns) describeLearning(factory, () => predictions);

    describe('refuses', () => {
      const refuses = (data: LabelledEmbeddings, message: string) =>
        expect(train(data)).rejects.toThrow(failure('ERR_INVALID_DATA', message));

      it('an embedding that is not a number', () => {
        const embeddings = training.embeddings.slice();
        embeddings[2 * training.dimension + 1] = Number.NaN;
        return refuses({ ...training, embeddings }, 'the embedding of training row 2 is not finite');
      });

      it('data without rows', () => {
        const none = { ...training, rows: 0, embeddings: new Float32Array(0), scores: new Float32Array(0) };
        return refuses(none, 'there are no training rows');
      });

      it('a model without any score, by its name', () => {
        const data = replaceScores(training, 2, 2, Number.NaN);
        return refuses(data, 'model poet has no score in the training rows');
      });

      it('a score outside [0, 1]', () => {
        const scores = training.scores.slice();
        scores[modelCount + 3] = 1.5;
        return refuses(
          { ...training, scores },
          'the score of model dice on training row 1 must be in [0, 1]',
        );
      });

      it('matrices that do not have the stated size', () =>
        refuses({ ...training, rows: 601 }, '601 training rows need'));

      it('validation rows of other models', () =>
        refuses(
          { ...training, models: ['a', 'b', 'c', 'd'] },
          'training and validation must have the same models',
        ));
    });

    describe('refuses a stored state', () => {
      const load = (state: EstimatorState) => estimatorFromState(state, training.models, training.dimension);
      const broken = (change: (data: Float32Array) => Float32Array): EstimatorState => {
        const { tensors, ...state } = estimator.state();
        const [[name, tensor]] = Object.entries(tensors) as [
          [string, { shape: number[]; data: Float32Array }],
        ];
        return {
          ...state,
          tensors: { ...tensors, [name]: { ...tensor, data: change(tensor.data.slice()) } },
        };
      };

      it('without one of its tensors', () => {
        const { tensors, ...state } = estimator.state();
        for (const name of Object.keys(tensors)) {
          const rest = Object.fromEntries(Object.entries(tensors).filter(([other]) => other !== name));
          // A stack's members name their tensors without the prefix.
          const message = `estimator has no tensor "${name.slice(name.lastIndexOf('.') + 1)}"`;
          expect(() => load({ ...state, tensors: rest })).toThrow(failure('ERR_CORRUPT_FILE', message));
        }
      });

      it('with too few values', () => {
        const short = broken((data) => data.subarray(1));
        expect(() => load(short)).toThrow(failure('ERR_CORRUPT_FILE', 'of shape'));
      });

      it('with an infinite value', () => {
        const infinite = broken((data) => data.fill(Number.POSITIVE_INFINITY, 0, 1));
        expect(() => load(infinite)).toThrow(failure('ERR_CORRUPT_FILE', 'holds Infinity in tensor'));
      });

      it('of another number of models', () => {
        const tooMany = [...training.models, 'newcomer'];
        expect(() => estimatorFromState(estimator.state(), tooMany, training.dimension)).toThrow(
          failure('ERR_CORRUPT_FILE', 'needs tensor'),
        );
      });
    });
  });
}

/** What only a kind that looks at the prompt, and trains for a while, must do. */
function describeLearning(factory: EstimatorFactory, predictions: () => Float32Array): void {
  it('beats the constant estimator on planted data', async () => {
    const constant = predict(await constantFactory.train(training, validation, {}));
    const error = (p: Float32Array) => meanSquaredError(p, test.scores);
    const routing = (p: Float32Array) => routingError(p, test.scores, modelCount);
    expect(error(predictions())).toBeLessThan(0.95 * error(constant));
    expect(routing(predictions())).toBeLessThan(0.95 * routing(constant));
  });

  it('stops soon when the signal is aborted during training, and reports progress', async () => {
    const controller = new AbortController();
    const calls: number[] = [];
    const onProgress = ({ done, total }: TrainingProgress) => {
      calls.push(done / total);
      controller.abort();
    };
    const trained = factory.train(training, validation, { signal: controller.signal, onProgress });
    await expect(trained).rejects.toThrow(failure('ERR_ABORTED', 'training was aborted'));
    expect(calls).toHaveLength(1);
    expect(calls[0]).toBeGreaterThan(0);
    expect(calls[0]).toBeLessThan(1);
  });
}
