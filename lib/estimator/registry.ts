import { suggestion } from '../check.ts';
import { PointsmanError } from '../errors.ts';
import { cautious } from './cautious.ts';
import { constantFactory } from './constant.ts';
import type {
  EstimatorFactory,
  EstimatorKind,
  EstimatorReader,
  EstimatorState,
  QualityEstimator,
  TrainedKind,
} from './estimator.ts';
import { familyFactory } from './family.ts';
import { iprFactory } from './ipr.ts';
import { irtFactory } from './irt.ts';
import { kmeansFactory } from './kmeans.ts';
import { knnFactory } from './knn.ts';
import { mfFactory } from './mf.ts';
import { mlpFactory } from './mlp.ts';
import { onboardedReader } from './onboarded.ts';
import { refittedReader } from './refitted.ts';
import { ridgeFactory } from './ridge.ts';
import { stackFactory } from './stack.ts';
import { standardised } from './standardised.ts';
import { taskMoeFactory } from './task-moe.ts';

const FACTORIES: Readonly<Record<TrainedKind, EstimatorFactory>> = {
  stack: cautious(standardised(stackFactory)),
  ipr: cautious(standardised(iprFactory)),
  mlp: cautious(standardised(mlpFactory)),
  knn: cautious(standardised(knnFactory)),
  kmeans: cautious(standardised(kmeansFactory)),
  ridge: cautious(standardised(ridgeFactory)),
  mf: cautious(standardised(mfFactory)),
  family: cautious(standardised(familyFactory)),
  irt: standardised(irtFactory),
  'task-moe': cautious(standardised(taskMoeFactory)),
  constant: constantFactory,
};

/** What artifacts may hold: kinds that are trained, and what is made of them. */
const READERS: Readonly<Record<EstimatorKind, EstimatorReader>> = {
  ...FACTORIES,
  onboarded: onboardedReader(estimatorFromState),
  refitted: refittedReader(estimatorFromState),
};

/** Every kind of estimator that can be trained, the recommended one first. */
export const estimatorKinds = Object.keys(FACTORIES) as readonly TrainedKind[];

/** What is trained where nothing else is asked for: the best on predictions out of fold, on the mean of five sets. */
export const defaultEstimator: TrainedKind = 'stack';

/** Kinds that find tasks among the training prompts. */
export const kindsWithTasks: readonly TrainedKind[] = ['task-moe'];

const storedKinds = Object.keys(READERS);

/** Throws ERR_INVALID_ARGUMENT, with the nearest known name, for a kind that does not exist. */
export function estimatorFactory(kind: string): EstimatorFactory {
  if (isTrained(kind)) return FACTORIES[kind];
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    kind === 'onboarded'
      ? 'an onboarded estimator is not trained: train another kind and add models to it with onboardModel'
      : kind === 'refitted'
        ? 'a refitted estimator is not trained: train another kind and refit it from feedback with refitRouter'
        : `unknown estimator "${kind}"${suggestion(kind, estimatorKinds)}; known: ${estimatorKinds.join(', ')}`,
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
  if (!isStored(kind)) {
    throw new PointsmanError(
      'ERR_UNSUPPORTED',
      `the router was stored with an estimator of kind "${kind}"${suggestion(kind, storedKinds)}; ` +
        `this version knows ${storedKinds.join(', ')}`,
    );
  }
  return READERS[kind].fromState(state, models, dimension);
}

function isTrained(kind: string): kind is TrainedKind {
  return Object.hasOwn(FACTORIES, kind);
}

function isStored(kind: string): kind is EstimatorKind {
  return Object.hasOwn(READERS, kind);
}
