import type { NativeHeadSpec } from '../../bindings/addon.ts';
import { medianSetting } from './consensus.ts';
import type {
  EstimatorFactory,
  EstimatorState,
  LabelledEmbeddings,
  QualityEstimator,
  TrainingOptions,
} from './estimator.ts';
import { IprNetwork } from './ipr-network.ts';
import { type IprOptions, type ResolvedIprSettings, resolveIprSettings } from './ipr-settings.ts';
import { stackTensors, type TrainedMembers, trainMembers } from './network-members.ts';
import { readTensor } from './state.ts';
import { checkTrainingData, checkTrainingPart, modelMeans } from './training-data.ts';

/** IPR's pairwise quality estimator (arXiv 2509.06274) with the default settings. */
export const iprFactory: EstimatorFactory = { kind: 'ipr', train: trainIpr, refit, fromState };

/**
 * Trains IPR's pairwise head on frozen embeddings. Several members are separate networks whose logits are averaged;
 * they end up as one head whose hidden layer is theirs side by side.
 */
export async function trainIpr(
  training: LabelledEmbeddings,
  validation: LabelledEmbeddings,
  options: IprOptions = {},
): Promise<QualityEstimator> {
  const { seed, signal, onProgress, families: _, ...given } = options;
  const settings = resolveIprSettings(given);
  checkTrainingData(training, validation);
  return trainOn(training, validation, { settings, options });
}

/** The default settings for as many epochs as the others kept. */
async function refit(
  data: LabelledEmbeddings,
  chosen: readonly QualityEstimator[],
  options: TrainingOptions,
): Promise<QualityEstimator> {
  checkTrainingPart('training', data);
  const epochs = Math.max(1, Math.round(medianSetting(chosen, 'keptEpochs')));
  return trainOn(data, epochs, { settings: resolveIprSettings({}), options });
}

async function trainOn(
  training: LabelledEmbeddings,
  validation: LabelledEmbeddings | number,
  { settings, options }: { readonly settings: ResolvedIprSettings; readonly options: TrainingOptions },
): Promise<QualityEstimator> {
  const means = modelMeans(training);
  const trained = await trainMembers(
    (random) => new IprNetwork(settings, training.dimension, means, random),
    { settings, training, validation, options },
  );
  return fromState(stateOf(trained, settings), training.models, training.dimension);
}

function stateOf(
  { networks, keptEpochs }: TrainedMembers<IprNetwork>,
  settings: ResolvedIprSettings,
): EstimatorState {
  return {
    kind: 'ipr',
    config: { ...settings, keptEpochs },
    tensors: {
      promptWeight: stackTensors(networks.map((network) => network.promptWeight)),
      identities: stackTensors(networks.map((network) => network.identities.table)),
      identityWeight: stackTensors(networks.map((network) => network.identityLayer.weight)),
      identityBias: stackTensors(networks.map((network) => network.identityLayer.bias)),
      outWeight: stackTensors(networks.map((network) => network.outWeight)),
      outBias: stackTensors(networks.map((network) => network.outBias)),
    },
  };
}

/** The members' parameters, each with a leading dimension of members. */
interface Parts {
  readonly members: number;
  readonly hidden: number;
  readonly identitySize: number;
  readonly promptWeight: Float32Array;
  readonly identities: Float32Array;
  readonly identityWeight: Float32Array;
  readonly identityBias: Float32Array;
  readonly outWeight: Float32Array;
  readonly outBias: Float32Array;
}

function fromState(state: EstimatorState, models: readonly string[], dimension: number): QualityEstimator {
  const promptWeight = readTensor(state, 'promptWeight', [null, null, dimension]);
  const [members = 0, hidden = 0] = promptWeight.shape;
  const identities = readTensor(state, 'identities', [members, models.length, null]);
  const identitySize = identities.shape[2] ?? 0;
  const parts: Parts = {
    members,
    hidden,
    identitySize,
    promptWeight: promptWeight.data,
    identities: identities.data,
    identityWeight: readTensor(state, 'identityWeight', [members, hidden, identitySize]).data,
    identityBias: readTensor(state, 'identityBias', [members, hidden]).data,
    outWeight: readTensor(state, 'outWeight', [members, hidden]).data,
    outBias: readTensor(state, 'outBias', [members, models.length]).data,
  };
  return {
    kind: 'ipr',
    models,
    dimension,
    headSpec: () => pairwiseSpec(parts, models.length, dimension),
    state: () => state,
  };
}

/** The average of the members' logits, as one head: hidden layers side by side, outgoing weights divided by members. */
function pairwiseSpec(parts: Parts, models: number, dimension: number): NativeHeadSpec {
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
function modelPart(parts: Parts, models: number): Float32Array {
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
