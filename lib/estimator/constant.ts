import { checkpoint } from './checkpoint.ts';
import type { EstimatorFactory, EstimatorState, QualityEstimator } from './estimator.ts';
import { readTensor } from './state.ts';
import { checkTrainingData, modelMeans } from './training-data.ts';

/** The mean training score of each model, whatever the prompt: the control that every other kind must beat. */
export const constantFactory: EstimatorFactory = {
  kind: 'constant',
  async train(training, validation, options) {
    checkTrainingData(training, validation);
    await checkpoint(options.signal);
    const { models, dimension } = training;
    const tensors = { scores: { shape: [models.length], data: modelMeans(training) } };
    return fromState({ kind: 'constant', config: {}, tensors }, models, dimension);
  },
  fromState,
};

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
