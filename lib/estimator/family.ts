import { PointsmanError } from '../errors.ts';
import { checkpoint } from './checkpoint.ts';
import { crossFit, stageOf } from './cross-fit.ts';
import type {
  EstimatorFactory,
  EstimatorState,
  LabelledEmbeddings,
  QualityEstimator,
  StateTensor,
  TrainingOptions,
} from './estimator.ts';
import { iprFactory } from './ipr.ts';
import { familiesOf } from './model-family.ts';
import { nestState, unnestState } from './nested-state.ts';
import { pickModels } from './pick-models.ts';
import { readTensor } from './state.ts';
import { checkTrainingData, checkTrainingPart } from './training-data.ts';

/**
 * One `ipr` estimator a model family, side by side: IPR's family-specific estimators (arXiv 2509.06274), which it compares
 * with a unified one. Each is trained, and its epochs chosen, on its own models only.
 */
export const familyFactory: EstimatorFactory = {
  kind: 'family',
  async train(training, validation, options) {
    checkTrainingData(training, validation);
    const trainMember = (columns: readonly number[], own: TrainingOptions) =>
      iprFactory.train(pickModels(training, columns), pickModels(validation, columns), own);
    return joinMembers(training, options, trainMember);
  },
  async crossFit(data, folds, options) {
    checkTrainingPart('training', data);
    const outOfFold = new Float32Array(data.scores.length);
    const estimator = await joinMembers(data, options, async (columns, own) => {
      const fitted = await crossFit(iprFactory, pickModels(data, columns), folds, own);
      for (const [cell, quality] of fitted.outOfFold.entries()) {
        const column = columns[cell % columns.length] ?? 0;
        outOfFold[Math.floor(cell / columns.length) * data.models.length + column] = quality;
      }
      return fitted.estimator;
    });
    return { estimator, outOfFold };
  },
  fromState,
};

/** Trains a member for the columns of each family, and puts them side by side. */
async function joinMembers(
  { models, dimension }: LabelledEmbeddings,
  options: TrainingOptions,
  trainMember: (columns: readonly number[], options: TrainingOptions) => Promise<QualityEstimator>,
): Promise<QualityEstimator> {
  const names = familiesOf(models, options.families);
  const families = [...new Set(names)];
  const members: QualityEstimator[] = [];
  for (const [index, name] of families.entries()) {
    await checkpoint(options.signal);
    const columns = [...names.keys()].filter((column) => names[column] === name);
    members.push(await trainMember(columns, stageOf(options, { index, count: families.length, name })));
  }
  const indices = Float32Array.from(names, (name) => families.indexOf(name));
  return fromState(stateOf(members, indices), models, dimension);
}

/** `indices`: the family of each model, counted from 0. */
function stateOf(members: readonly QualityEstimator[], indices: Float32Array): EstimatorState {
  let config: EstimatorState['config'] = {};
  let tensors: Record<string, StateTensor> = { family: { shape: [indices.length], data: indices } };
  for (const [index, member] of members.entries()) {
    const nested = nestState(`family${index}`, member.state());
    config = { ...config, ...nested.config };
    tensors = { ...tensors, ...nested.tensors };
  }
  return { kind: 'family', config, tensors };
}

function fromState(state: EstimatorState, models: readonly string[], dimension: number): QualityEstimator {
  const { data: indices } = readTensor(state, 'family', [models.length]);
  const columns = Array.from({ length: checkIndices(indices) }, (_, family) =>
    [...models.keys()].filter((column) => indices[column] === family),
  );
  const members = columns.map((own, family) => {
    const ids = own.map((column) => models[column] ?? '');
    return iprFactory.fromState(memberState(state, family), ids, dimension);
  });
  return {
    kind: 'family',
    models,
    dimension,
    headSpec: () => ({
      kind: 'join',
      members: members.map((member) => member.headSpec()),
      columns: columns.flat(),
    }),
    state: () => state,
  };
}

/** How many families there are. Each has a model, so there are no more than models. */
function checkIndices(indices: Float32Array): number {
  const isIndex = (value: number) => Number.isInteger(value) && value >= 0 && value < indices.length;
  const wrong = indices.find((value) => !isIndex(value));
  if (wrong === undefined) return Math.max(...indices) + 1;
  throw new PointsmanError(
    'ERR_CORRUPT_FILE',
    `the stored family estimator needs families from 0 to ${indices.length - 1}, got ${wrong}`,
  );
}

function memberState(state: EstimatorState, family: number): EstimatorState {
  const member = unnestState(`family${family}`, state);
  if (member.kind === 'ipr') return member;
  throw new PointsmanError(
    'ERR_CORRUPT_FILE',
    `the stored family estimator needs parts of kind ipr, got "${member.kind}"`,
  );
}
