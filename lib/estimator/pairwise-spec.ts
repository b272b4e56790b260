import type { NativeHeadSpec } from '../../bindings/addon.ts';
import type { EstimatorState } from './estimator.ts';
import { readTensor } from './state.ts';

/** Parameters of IPR's two-layer network on (prompt, identity), each with a leading dimension of members. */
export interface PairwiseParts {
  readonly members: number;
  readonly hidden: number;
  readonly identitySize: number;
  /** [members, hidden, dimension] */
  readonly promptWeight: Float32Array;
  /** [members, models, identitySize] */
  readonly identities: Float32Array;
  /** [members, hidden, identitySize] */
  readonly identityWeight: Float32Array;
  /** [members, hidden] */
  readonly identityBias: Float32Array;
  /** [members, hidden] */
  readonly outWeight: Float32Array;
  /** [members, models] */
  readonly outBias: Float32Array;
}

/** Throws ERR_CORRUPT_FILE where the state's tensors do not fit each other, the models or the dimension. */
export function readPairwiseParts(state: EstimatorState, models: number, dimension: number): PairwiseParts {
  const promptWeight = readTensor(state, 'promptWeight', [null, null, dimension]);
  const [members = 0, hidden = 0] = promptWeight.shape;
  const identities = readTensor(state, 'identities', [members, models, null]);
  const identitySize = identities.shape[2] ?? 0;
  return {
    members,
    hidden,
    identitySize,
    promptWeight: promptWeight.data,
    identities: identities.data,
    identityWeight: readTensor(state, 'identityWeight', [members, hidden, identitySize]).data,
    identityBias: readTensor(state, 'identityBias', [members, hidden]).data,
    outWeight: readTensor(state, 'outWeight', [members, hidden]).data,
    outBias: readTensor(state, 'outBias', [members, models]).data,
  };
}

export type PairwiseSpec = Extract<NativeHeadSpec, { readonly kind: 'pairwise' }>;

/** The average of the members' logits, as one head: hidden layers side by side, outgoing weights divided by members. */
export function pairwiseSpec(parts: PairwiseParts, models: number, dimension: number): PairwiseSpec {
  const { members, hidden } = parts;
  const outBias = new Float32Array(models);
  for (let model = 0; model < models; ++model) {
    let sum = 0;
    for (let member = 0; member < members; ++member) sum += parts.outBias[member * models + model] as number;
    outBias[model] = sum / members;
  }
  return {
    kind: 'pairwise',
    dimension,
    hidden: members * hidden,
    promptWeight: parts.promptWeight,
    modelPart: modelPart(parts, models),
    outWeight: parts.outWeight.map((weight) => weight / members),
    outBias,
  };
}

/** W_z z_c + b for every model: [models, members * hidden]. */
function modelPart(parts: PairwiseParts, models: number): Float32Array {
  const { members, hidden, identitySize, identities, identityWeight, identityBias } = parts;
  const out = new Float32Array(models * members * hidden);
  for (let model = 0; model < models; ++model) {
    for (let unit = 0; unit < members * hidden; ++unit) {
      const identity = (Math.floor(unit / hidden) * models + model) * identitySize;
      let sum = identityBias[unit] as number;
      for (let i = 0; i < identitySize; ++i) {
        sum += (identityWeight[unit * identitySize + i] as number) * (identities[identity + i] as number);
      }
      out[model * members * hidden + unit] = sum;
    }
  }
  return out;
}
