import type { EstimatorState, StateTensor } from './estimator.ts';
import { readTensor } from './state.ts';

/** What an `irt` estimator knows of a model: the networks' posteriors side by side. */
export interface ModelIdentity {
  readonly model: string;
  /** [members * identity] */
  readonly mean: Float32Array;
  /** [members * identity] standard deviations. */
  readonly deviation: Float32Array;
}

/** The identities of a router's models. */
export interface Identities {
  readonly models: readonly ModelIdentity[];
  /** [members, identity, identity]: d^T G d is the mean square of what a step d does to a network's logits. */
  readonly metric: StateTensor;
}

/** The identities of an estimator of kind `irt`, in model order; null for any other kind. */
export function identitiesOf(state: EstimatorState, models: readonly string[]): Identities | null {
  if (state.kind !== 'irt') return null;
  const means = readTensor(state, 'identities', [null, models.length, null]);
  const [members = 0, , size = 0] = means.shape;
  const { data: logVariances } = readTensor(state, 'identityLogVariances', [members, models.length, size]);
  const own = (values: Float32Array, column: number) =>
    Float32Array.from({ length: members * size }, (_, i) => {
      const member = Math.floor(i / size);
      return values[(member * models.length + column) * size + (i % size)] as number;
    });
  return {
    models: models.map((model, column) => ({
      model,
      mean: own(means.data, column),
      deviation: own(logVariances, column).map((value) => Math.exp(value / 2)),
    })),
    metric: readTensor(state, 'identityMetric', [members, size, size]),
  };
}

/** Where a state that feedback has refitted keeps the posteriors of training. */
const trained = { means: 'trainedIdentities', logVariances: 'trainedIdentityLogVariances' } as const;

/** The state with posteriors that feedback gave; those of training, from which another refit starts, are kept beside them. */
export function withRefitted(
  state: EstimatorState,
  means: Float32Array,
  logVariances: Float32Array,
): EstimatorState {
  const { identities, identityLogVariances, ...tensors } = trainedIdentities(state).tensors;
  if (identities === undefined || identityLogVariances === undefined) return state;
  return {
    ...state,
    tensors: {
      ...tensors,
      identities: { ...identities, data: means },
      identityLogVariances: { ...identityLogVariances, data: logVariances },
      [trained.means]: identities,
      [trained.logVariances]: identityLogVariances,
    },
  };
}

/** The state with the identities that training gave, whatever feedback made of them since. */
export function trainedIdentities(state: EstimatorState): EstimatorState {
  const { [trained.means]: means, [trained.logVariances]: logVariances, ...tensors } = state.tensors;
  if (means === undefined || logVariances === undefined) return state;
  return { ...state, tensors: { ...tensors, identities: means, identityLogVariances: logVariances } };
}

/**
 * The state with one more model, which becomes the last: every other tensor, and every row of the old models, stays as it is.
 * @param means [members * identity]
 * @param logVariances [members * identity]
 */
export function withIdentity(
  state: EstimatorState,
  means: Float32Array,
  logVariances: Float32Array,
): EstimatorState {
  const { identities, identityLogVariances, outBias } = state.tensors;
  const { [trained.means]: trainedMeans, [trained.logVariances]: trainedVariances } = state.tensors;
  const members = identities?.shape[0] ?? 0;
  const oneBias = Float32Array.from({ length: members }, (_, member) => {
    const models = outBias?.shape[1] ?? 0;
    return outBias?.data[member * models] ?? 0; // one for all models
  });
  return {
    ...state,
    tensors: {
      ...state.tensors,
      identities: append(identities, means),
      identityLogVariances: append(identityLogVariances, logVariances),
      outBias: append(outBias, oneBias),
      ...(trainedMeans === undefined ? {} : { [trained.means]: append(trainedMeans, means) }),
      ...(trainedVariances === undefined
        ? {}
        : { [trained.logVariances]: append(trainedVariances, logVariances) }),
    },
  };
}

/** A tensor [members, models, ...] with a row more for every member. */
function append(tensor: StateTensor | undefined, rows: Float32Array): StateTensor {
  const [members = 0, models = 0, ...rest] = tensor?.shape ?? [];
  const size = rest.reduce((a, b) => a * b, 1);
  const data = new Float32Array(members * (models + 1) * size);
  for (let member = 0; member < members; ++member) {
    const old = tensor?.data.subarray(member * models * size, (member + 1) * models * size) ?? [];
    data.set(old, member * (models + 1) * size);
    data.set(rows.subarray(member * size, (member + 1) * size), (member * (models + 1) + models) * size);
  }
  return { shape: [members, models + 1, ...rest], data };
}

/**
 * How differently two models are expected to do: the root mean square, over training prompts and networks, of the difference
 * between their logits, as far as it is linear in the identity. Values of an identity that no prompt depends on count for nothing.
 */
export function identityDistance(a: ModelIdentity, b: ModelIdentity, metric: StateTensor): number {
  const step = a.mean.map((value, i) => value - (b.mean[i] as number));
  const [members = 1, size = 0] = metric.shape;
  let sum = 0;
  for (let member = 0; member < members; ++member) {
    for (let i = 0; i < size; ++i) {
      for (let j = 0; j < size; ++j) {
        const weight = metric.data[(member * size + i) * size + j] as number;
        sum += weight * (step[member * size + i] as number) * (step[member * size + j] as number);
      }
    }
  }
  return Math.sqrt(Math.max(0, sum / members));
}

/** The root mean square of what the posterior's spread does to the logits: comparable to distances between models. */
export function identityUncertainty({ deviation }: ModelIdentity, { shape, data }: StateTensor): number {
  const [members = 1, size = 0] = shape;
  let sum = 0;
  for (let member = 0; member < members; ++member) {
    for (let i = 0; i < size; ++i) {
      sum += (data[(member * size + i) * size + i] as number) * (deviation[member * size + i] as number) ** 2;
    }
  }
  return Math.sqrt(sum / members);
}
