import type { NativeHeadSpec } from '../../bindings/addon.ts';
import type {
  EstimatorFactory,
  EstimatorState,
  LabelledEmbeddings,
  QualityEstimator,
  StateTensor,
} from './estimator.ts';
import { MlpNetwork } from './mlp-network.ts';
import { type ResolvedMlpSettings, resolveMlpSettings } from './mlp-settings.ts';
import { stackTensors, type TrainedMembers, trainMembers } from './network-members.ts';
import { type NetworkRun, networkTraining } from './network-training.ts';
import { readInteger, readTensor } from './state.ts';
import { modelMeans } from './training-data.ts';

const training = networkTraining({ resolve: resolveMlpSettings, train: trainOn });

/** The multi-output network with the default settings. */
export const mlpFactory: EstimatorFactory = { kind: 'mlp', ...training, fromState };

/** More layers than anybody trains on embeddings; a stored state that states more is damaged. */
const MOST_LAYERS = 16;

/**
 * A network with one output a model on frozen embeddings: what the models share is in its trunk. Trained as `ipr` is:
 * minibatches, dropout, and the epoch with the lowest routing error on validation rows.
 */
export const trainMlp = training.train;

async function trainOn(
  training: LabelledEmbeddings,
  validation: LabelledEmbeddings | number,
  { settings, options }: NetworkRun<ResolvedMlpSettings>,
): Promise<QualityEstimator> {
  const means = modelMeans(training);
  const trained = await trainMembers(
    (random) => new MlpNetwork(settings, training.dimension, means, random),
    { settings, training, validation, options },
  );
  return fromState(stateOf(trained, settings), training.models, training.dimension);
}

function stateOf(
  { networks, keptEpochs }: TrainedMembers<MlpNetwork>,
  settings: ResolvedMlpSettings,
): EstimatorState {
  const tensors: Record<string, StateTensor> = {};
  for (let layer = 0; layer <= settings.hiddenLayers; ++layer) {
    const members = networks.flatMap(({ layers }) => layers[layer] ?? []);
    tensors[`weight${layer}`] = stackTensors(members.map(({ weight }) => weight));
    tensors[`bias${layer}`] = stackTensors(members.map(({ bias }) => bias));
  }
  return { kind: 'mlp', config: { ...settings, keptEpochs }, tensors };
}

/** One layer of all members: weight [members, outputs, inputs], bias [members, outputs]. */
interface StoredLayer {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

function fromState(state: EstimatorState, models: readonly string[], dimension: number): QualityEstimator {
  const hiddenLayers = readInteger(state, 'hiddenLayers', 1, MOST_LAYERS);
  const members = readInteger(state, 'members', 1, Number.MAX_SAFE_INTEGER);
  const layers: StoredLayer[] = [];
  let inputs = dimension;
  for (let layer = 0; layer <= hiddenLayers; ++layer) {
    const outputs = layer === hiddenLayers ? models.length : null;
    const weight = readTensor(state, `weight${layer}`, [members, outputs, inputs]);
    inputs = weight.shape[1] ?? 0;
    layers.push({ weight: weight.data, bias: readTensor(state, `bias${layer}`, [members, inputs]).data });
  }
  const heads = Array.from({ length: members }, (_, member) =>
    memberHead(layers, member, members, dimension),
  );
  const [only] = heads;
  const mean: NativeHeadSpec = {
    kind: 'stack',
    members: heads,
    weights: new Float32Array(members).fill(1 / members),
  };
  return {
    kind: 'mlp',
    models,
    dimension,
    headSpec: () => (only !== undefined && members === 1 ? only : mean),
    state: () => state,
  };
}

/** Views of one member's part of every layer. */
function memberHead(
  layers: readonly StoredLayer[],
  member: number,
  members: number,
  dimension: number,
): NativeHeadSpec {
  const part = (values: Float32Array) => {
    const size = values.length / members;
    return values.subarray(member * size, (member + 1) * size);
  };
  return {
    kind: 'mlp',
    dimension,
    layers: layers.map(({ weight, bias }) => ({ weight: part(weight), bias: part(bias) })),
  };
}
