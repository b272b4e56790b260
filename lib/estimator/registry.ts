import { suggestion } from '../check.ts';
import { PointsmanError } from '../errors.ts';
import { constantFactory } from './constant.ts';
import type { EstimatorFactory, EstimatorKind, EstimatorState, QualityEstimator } from './estimator.ts';
import { iprFactory } from './ipr.ts';
import { kmeansFactory } from './kmeans.ts';
import { knnFactory } from './knn.ts';
import { mfFactory } from './mf.ts';
import { mlpFactory } from './mlp.ts';
import { ridgeFactory } from './ridge.ts';
import { stackFactory } from './stack.ts';

const FACTORIES: Readonly<Record<EstimatorKind, EstimatorFactory>> = {
  stack: stackFactory,
  ipr: iprFactory,
  mlp: mlpFactory,
  knn: knnFactory,
  kmeans: kmeansFactory,
  ridge: ridgeFactory,
  mf: mfFactory,
  constant: constantFactory,
};

/** Every kind of estimator, the recommended one first. */
export const estimatorKinds = Object.keys(FACTORIES) as readonly EstimatorKind[];

/** Throws ERR_INVALID_ARGUMENT, with the nearest known name, for a kind that does not exist. */
export function estimatorFactory(kind: string): EstimatorFactory {
  if (isKind(kind)) return FACTORIES[kind];
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    `unknown estimator "${kind}"${suggestion(kind, estimatorKinds)}; known: ${estimatorKinds.join(', ')}`,
  );
}

/**
 * The estimator that `state()` of another one described. Throws ERR_UNSUPPORTED for a kind that this version does not
 * have and ERR_CORRUPT_FILE where the state does not fit the models, the dimension or itself.
 */
export function estimatorFromState(
  state: EstimatorState,
  models: readonly string[],
  dimension: number,
): QualityEstimator {
  const kind: string = state.kind;
  if (!isKind(kind)) {
    throw new PointsmanError(
      'ERR_UNSUPPORTED',
      `the router was stored with an estimator of kind "${kind}"${suggestion(kind, estimatorKinds)}; ` +
        `this version knows ${estimatorKinds.join(', ')}`,
    );
  }
  return FACTORIES[kind].fromState(state, models, dimension);
}

function isKind(kind: string): kind is EstimatorKind {
  return Object.hasOwn(FACTORIES, kind);
}
