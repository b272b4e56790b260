import { checkpoint } from './checkpoint.ts';
import type { EstimatorFactory, EstimatorState, LabelledEmbeddings, QualityEstimator } from './estimator.ts';
import { readTensor } from './state.ts';
import { checkTrainingData, checkTrainingPart, modelMeans } from './training-data.ts';

/** The mean training score of each model, whatever the prompt: the control that every other kind must beat. */
export const constantFactory: EstimatorFactory = {
  kind: 'constant',
  async train(training, validation, options) {
    checkTrainingData(training, validation);
    await checkpoint(options.signal);
    return meansOf(training);
  },
  async refit(data) {
    checkTrainingPart('training', data);
    return meansOf(data);
  },
  fromState,
};

function meansOf(data: LabelledEmbeddings): QualityEstimator {
  const { models, dimension } = data;
  const tensors = { scores: { shape: [models.length], data: modelMeans(data) } };
  return fromState({ kind: 'constant', config: {}, tensors }, models, dimension);
}

function fromState(state: EstimatorState, models: readonly string[], dimension: number): QualityEstimator {
  const { data: scores } = readTensor(state, 'scores', [models.length]);
  return {
    kind: 'constant',
    models,
    dimension,
    headSpec: () => ({ kind: 'constant', scores }),
    state: () => state,
  };
}
