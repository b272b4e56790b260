import { crossFit } from './cross-fit.ts';
import type { EstimatorFactory, LabelledEmbeddings, QualityEstimator } from './estimator.ts';
import {
  fitStandardisation,
  type Standardisation,
  splitStandardisation,
  standardisationTensors,
  standardise,
} from './standardise.ts';
import { checkTrainingData } from './training-data.ts';

/**
 * A kind of estimator that also takes features of several kinds: where the data states more than one block, the inner
 * estimator sees them brought to one scale, with means and deviations of the training rows. An embedding alone, which has
 * length 1, is left as it is.
 */
export function standardised(inner: EstimatorFactory): EstimatorFactory {
  return {
    kind: inner.kind,
    async train(training, validation, options) {
      if (!needsScale(training)) return inner.train(training, validation, options);
      checkTrainingData(training, validation);
      const scale = fitStandardisation(training);
      return wrap(await inner.train(apply(scale, training), apply(scale, validation), options), scale);
    },
    async crossFit(data, folds, options) {
      if (!needsScale(data)) return crossFit(inner, data, folds, options);
      const scale = fitStandardisation(data); // looks at no score
      const fitted = await crossFit(inner, apply(scale, data), folds, options);
      return { ...fitted, estimator: wrap(fitted.estimator, scale) };
    },
    fromState(state, models, dimension) {
      const { standardisation, inner: own } = splitStandardisation(state, dimension);
      const estimator = inner.fromState(own, models, dimension);
      return standardisation === null ? estimator : wrap(estimator, standardisation);
    },
  };
}

function needsScale({ blocks = [] }: LabelledEmbeddings): boolean {
  return blocks.length > 1;
}

function apply(scale: Standardisation, { blocks: _, ...data }: LabelledEmbeddings): LabelledEmbeddings {
  return { ...data, embeddings: standardise(scale, data.embeddings) };
}

function wrap(estimator: QualityEstimator, scale: Standardisation): QualityEstimator {
  return {
    ...estimator,
    headSpec: () => ({ kind: 'standardised', inner: estimator.headSpec(), ...scale }),
    state: () => {
      const state = estimator.state();
      return { ...state, tensors: { ...state.tensors, ...standardisationTensors(scale) } };
    },
  };
}
