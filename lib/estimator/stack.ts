import type { NativeHeadSpec } from '../../bindings/addon.ts';
import { PointsmanError } from '../errors.ts';
import { applyCurves, curveKnots, fitCurves } from './calibration-curves.ts';
import { checkpoint } from './checkpoint.ts';
import { constantFactory } from './constant.ts';
import { crossFit, stageOf } from './cross-fit.ts';
import type {
  CrossFitted,
  EstimatorFactory,
  EstimatorState,
  LabelledEmbeddings,
  QualityEstimator,
  StateTensor,
  TrainingOptions,
} from './estimator.ts';
import { iprFactory } from './ipr.ts';
import { knnFactory } from './knn.ts';
import { predictAll } from './predict.ts';
import { ridgeFactory } from './ridge.ts';
import { fitStackWeights } from './stack-weights.ts';
import { readTensor } from './state.ts';
import { taskMoeFactory } from './task-moe.ts';
import { checkTrainingData, checkTrainingPart } from './training-data.ts';

/** What can stand in a stack. The constant is there to shrink the others towards each model's mean. */
const MEMBERS: readonly EstimatorFactory[] = [iprFactory, knnFactory, ridgeFactory, constantFactory];

/** What stored stacks may hold. */
const KNOWN_MEMBERS: readonly EstimatorFactory[] = [...MEMBERS, taskMoeFactory];

/** A member that counts for less is left out: it would cost time on every prompt. */
const LEAST_WEIGHT = 0.03;

/**
 * A weighted mean of the other kinds (stacked generalisation, Wolpert 1992), with one calibration curve a model. Weights,
 * which are not negative and sum to 1, and curves are fitted on predictions of rows that the member which predicted them was
 * not trained on: the validation rows, or all rows where it is cross-fitted.
 */
export const stackFactory: EstimatorFactory = {
  kind: 'stack',
  async train(training, validation, options) {
    checkTrainingData(training, validation);
    const trained: QualityEstimator[] = [];
    for (const [index, factory] of MEMBERS.entries()) {
      await checkpoint(options.signal);
      trained.push(await factory.train(training, validation, memberOptions(options, factory.kind, index)));
    }
    const predictions = trained.map((member) => predictAll(member, validation.embeddings, validation.rows));
    return stackMembers(trained, predictions, validation).estimator;
  },
  async crossFit(data, folds, options) {
    checkTrainingPart('training', data);
    const trained: QualityEstimator[] = [];
    const predictions: Float32Array[] = [];
    for (const [index, factory] of MEMBERS.entries()) {
      const fitted = await crossFit(factory, data, folds, memberOptions(options, factory.kind, index));
      trained.push(fitted.estimator);
      predictions.push(fitted.outOfFold);
    }
    return stackMembers(trained, predictions, data);
  },
  fromState,
};

function memberOptions(options: TrainingOptions, name: string, index: number): TrainingOptions {
  return stageOf(options, { index, count: MEMBERS.length + 1, name });
}

/**
 * The stack of trained members, by what they predict of rows they did not see, NaN of others, and what it makes of those
 * predictions.
 */
export function stackMembers(
  trained: readonly QualityEstimator[],
  predictions: readonly Float32Array[],
  { models, dimension, scores: measured }: LabelledEmbeddings,
): CrossFitted {
  const scores = measured.map((score, cell) => (Number.isNaN(predictions[0]?.[cell]) ? Number.NaN : score));
  const kept = keepHeavy(trained, fitStackWeights(predictions, scores, models.length));
  const weights = kept.map(({ weight }) => weight);
  const mixed = mix(
    kept.map(({ index }) => predictions[index] ?? new Float32Array(0)),
    weights,
  );
  const curves = fitCurves(mixed, scores, models);
  const members = kept.map(({ member }) => member);
  return {
    estimator: fromState(stateOf(members, weights, curves, models.length), models, dimension),
    outOfFold: applyCurves(mixed, curves, models.length),
  };
}

interface WeightedMember {
  readonly member: QualityEstimator;
  readonly index: number;
  readonly weight: number;
}

function keepHeavy(trained: readonly QualityEstimator[], weights: readonly number[]): WeightedMember[] {
  const kept = trained
    .map((member, index) => ({ member, index, weight: weights[index] ?? 0 }))
    .filter(({ weight }) => weight >= LEAST_WEIGHT);
  const total = kept.reduce((sum, { weight }) => sum + weight, 0);
  return kept.map((one) => ({ ...one, weight: one.weight / total }));
}

/** Float32 sums in the order of the native head, so that curves are fitted on what it will compute. */
function mix(predictions: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const out = new Float32Array(predictions[0]?.length ?? 0);
  for (const [member, values] of predictions.entries()) {
    const weight = weights[member] ?? 0;
    for (let i = 0; i < out.length; ++i) out[i] = (out[i] as number) + weight * (values[i] as number);
  }
  return out;
}

function stateOf(
  members: readonly QualityEstimator[],
  weights: readonly number[],
  curves: Float32Array,
  models: number,
): EstimatorState {
  const config: Record<string, number | string | boolean> = {
    members: members.map(({ kind }) => kind).join(','),
  };
  const tensors: Record<string, StateTensor> = {
    weights: { shape: [members.length], data: Float32Array.from(weights) },
    curves: { shape: [models, curveKnots], data: curves },
  };
  for (const member of members) {
    const state = member.state();
    for (const [name, value] of Object.entries(state.config)) config[`${member.kind}.${name}`] = value;
    for (const [name, tensor] of Object.entries(state.tensors)) tensors[`${member.kind}.${name}`] = tensor;
  }
  return { kind: 'stack', config, tensors };
}

function fromState(state: EstimatorState, models: readonly string[], dimension: number): QualityEstimator {
  const members = memberFactories(state).map((factory) =>
    factory.fromState(memberState(state, factory), models, dimension),
  );
  const weights = readTensor(state, 'weights', [members.length]).data;
  const curve = readTensor(state, 'curves', [models.length, curveKnots]).data;
  return {
    kind: 'stack',
    models,
    dimension,
    headSpec: (): NativeHeadSpec => ({
      kind: 'calibrated',
      knots: curveKnots,
      curve,
      inner: { kind: 'stack', members: members.map((member) => member.headSpec()), weights },
    }),
    state: () => state,
  };
}

function memberFactories(state: EstimatorState): EstimatorFactory[] {
  const names = String(state.config.members ?? '').split(',');
  return names.map((name) => {
    const factory = KNOWN_MEMBERS.find(({ kind }) => kind === name);
    if (factory !== undefined) return factory;
    throw new PointsmanError(
      'ERR_CORRUPT_FILE',
      `the stored stack estimator names the member "${name}"; known: ${KNOWN_MEMBERS.map(({ kind }) => kind).join(', ')}`,
    );
  });
}

/** The state of a stack's member of a kind; null where it has none. */
export function stackMemberState(
  state: EstimatorState,
  kind: EstimatorFactory['kind'],
): EstimatorState | null {
  const factory = memberFactories(state).find((member) => member.kind === kind);
  return factory === undefined ? null : memberState(state, factory);
}

/** The part of a stack's state that is one member's. */
function memberState(state: EstimatorState, { kind }: EstimatorFactory): EstimatorState {
  const own = <T>(values: Readonly<Record<string, T>>): Record<string, T> => {
    const prefix = `${kind}.`;
    const entries = Object.entries(values).filter(([name]) => name.startsWith(prefix));
    return Object.fromEntries(entries.map(([name, value]) => [name.slice(prefix.length), value]));
  };
  return { kind, config: own(state.config), tensors: own(state.tensors) };
}
