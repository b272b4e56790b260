import type { NativeHeadSpec } from '../../bindings/addon.ts';
import { PointsmanError } from '../errors.ts';
import type { EstimatorReader, EstimatorState, QualityEstimator, StateTensor } from './estimator.ts';
import { nestState, unnestState } from './nested-state.ts';
import { readTensor } from './state.ts';

/** Brings an estimator of any kind back from its state. */
export type LoadEstimator = (
  state: EstimatorState,
  models: readonly string[],
  dimension: number,
) => QualityEstimator;

/**
 * How one model is predicted beside a frozen estimator of `old` models:
 * quality = bias + sum over old models of weight_c * their frozen prediction (+ weight_old * the adapter's prediction).
 */
export interface AddedModel {
  /** [old], or [old + 1] with an adapter. */
  readonly weight: Float32Array;
  readonly bias: number;
  readonly adapter: AddedAdapter | null;
}

/** A head of its own for the model, on prompts that a bottleneck residual adapter has moved (see `AdapterNetwork`). */
export interface AddedAdapter {
  /** [bottleneck, dimension] */
  readonly downWeight: Float32Array;
  /** [bottleneck] */
  readonly downBias: Float32Array;
  /** [dimension, bottleneck] */
  readonly upWeight: Float32Array;
  readonly head: AddedHead;
}

/** An identity row for the frozen network of a base of kind `ipr`, or a linear head. */
export type AddedHead =
  | {
      readonly kind: 'identity';
      /** [members, identity] */
      readonly identities: Float32Array;
      /** The model's output bias, the same for every member. */
      readonly outBias: number;
    }
  | {
      readonly kind: 'linear';
      /** [dimension] */
      readonly weight: Float32Array;
      readonly bias: number;
    };

const basePrefix = 'base';

/** The state of `base` with one more model, which becomes the last. The base's tensors stay as they are. */
export function onboardedState(base: EstimatorState, { weight, bias, adapter }: AddedModel): EstimatorState {
  const nested = nestState(basePrefix, base);
  return {
    kind: 'onboarded',
    config: { ...nested.config, head: adapter?.head.kind ?? 'none' },
    tensors: {
      ...nested.tensors,
      'mix.weight': vector(weight),
      'mix.bias': vector(Float32Array.of(bias)),
      ...(adapter === null ? {} : adapterTensors(adapter)),
    },
  };
}

function adapterTensors({ downWeight, downBias, upWeight, head }: AddedAdapter): EstimatorState['tensors'] {
  const bottleneck = downBias.length;
  const dimension = downWeight.length / bottleneck;
  const tensors = {
    'adapter.downWeight': { shape: [bottleneck, dimension], data: downWeight },
    'adapter.downBias': vector(downBias),
    'adapter.upWeight': { shape: [dimension, bottleneck], data: upWeight },
  };
  if (head.kind === 'linear') {
    return {
      ...tensors,
      'added.weight': vector(head.weight),
      'added.bias': vector(Float32Array.of(head.bias)),
    };
  }
  return {
    ...tensors,
    'added.identities': vector(head.identities),
    'added.outBias': vector(Float32Array.of(head.outBias)),
  };
}

function vector(data: Float32Array): StateTensor {
  return { shape: [data.length], data };
}

/**
 * A frozen estimator with one more model: IPR's way to add a model (arXiv 2509.06274), in which nothing that old models
 * are predicted by is touched. It is made by onboarding, never trained on its own; onboarding again nests it.
 * @param load for the kind of the base
 */
export function onboardedReader(load: LoadEstimator): EstimatorReader {
  return {
    kind: 'onboarded',
    fromState(state, models, dimension) {
      const base = load(unnestState(basePrefix, state), models.slice(0, -1), dimension);
      const adapter = adapterSpec(state, dimension, load);
      const given = base.models.length + (adapter === null ? 0 : 1);
      const { data: weight } = readTensor(state, 'mix.weight', [given]);
      const { data: bias } = readTensor(state, 'mix.bias', [1]);
      return {
        kind: 'onboarded',
        models,
        dimension,
        headSpec: () =>
          appendModel(base.headSpec(), adapter, { weight, bias: bias[0] ?? 0, models: models.length }),
        state: () => state,
      };
    },
  };
}

/** Unit rows hand the base's scores through, bit for bit; the last row is the added model's. */
function appendModel(
  base: NativeHeadSpec,
  adapter: NativeHeadSpec | null,
  added: { readonly weight: Float32Array; readonly bias: number; readonly models: number },
): NativeHeadSpec {
  const { weight: own, models } = added;
  const weight = new Float32Array(models * own.length);
  for (let model = 0; model < models - 1; model++) weight[model * own.length + model] = 1;
  weight.set(own, (models - 1) * own.length);
  const bias = new Float32Array(models);
  bias[models - 1] = added.bias;
  const inner: NativeHeadSpec =
    adapter === null
      ? base
      : { kind: 'join', members: [base, adapter], columns: Array.from({ length: models }, (_, j) => j) };
  return { kind: 'mix', inner, weight, bias };
}

function adapterSpec(state: EstimatorState, dimension: number, load: LoadEstimator): NativeHeadSpec | null {
  const { head } = state.config;
  if (head === 'none') return null;
  const { shape, data: downWeight } = readTensor(state, 'adapter.downWeight', [null, dimension]);
  const bottleneck = shape[0] ?? 0;
  return {
    kind: 'adapter',
    inner: head === 'identity' ? identitySpec(state, dimension, load) : linearSpec(state, dimension),
    dimension,
    bottleneck,
    downWeight,
    downBias: readTensor(state, 'adapter.downBias', [bottleneck]).data,
    upWeight: readTensor(state, 'adapter.upWeight', [dimension, bottleneck]).data,
  };
}

function linearSpec(state: EstimatorState, dimension: number): NativeHeadSpec {
  if (state.config.head !== 'linear') {
    const found = JSON.stringify(state.config.head);
    throw new PointsmanError(
      'ERR_CORRUPT_FILE',
      `the stored onboarded estimator needs "head" to be none, identity or linear, got ${found}`,
    );
  }
  const weight = readTensor(state, 'added.weight', [dimension]).data;
  return { kind: 'linear', dimension, weight, bias: readTensor(state, 'added.bias', [1]).data };
}

/** The frozen network with the added model's identity as its only one. */
function identitySpec(state: EstimatorState, dimension: number, load: LoadEstimator): NativeHeadSpec {
  const { state: frozen } = innermostBase(state);
  const members = frozen.tensors.identities?.shape[0] ?? 0;
  const size = frozen.tensors.identities?.shape[2] ?? 0;
  const { data: identities } = readTensor(state, 'added.identities', [members * size]);
  const { data: outBias } = readTensor(state, 'added.outBias', [1]);
  const tensors = {
    ...frozen.tensors,
    identities: { shape: [members, 1, size], data: identities },
    outBias: { shape: [members, 1], data: new Float32Array(members).fill(outBias[0] ?? 0) },
  };
  return load({ ...frozen, tensors }, ['added'], dimension).headSpec();
}

/** The estimator that the first model was added to, and how many were: of one that nothing was added to, itself and 0. */
export function innermostBase(state: EstimatorState): {
  readonly state: EstimatorState;
  readonly added: number;
} {
  if (state.kind !== 'onboarded') return { state, added: 0 };
  const inner = innermostBase(unnestState(basePrefix, state));
  return { state: inner.state, added: inner.added + 1 };
}
