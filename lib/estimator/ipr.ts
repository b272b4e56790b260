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
import { pairwiseSpec, readPairwiseParts } from './pairwise-spec.ts';
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

function fromState(state: EstimatorState, models: readonly string[], dimension: number): QualityEstimator {
  const parts = readPairwiseParts(state, models.length, dimension);
  return {
    kind: 'ipr',
    models,
    dimension,
    headSpec: () => pairwiseSpec(parts, models.length, dimension),
    state: () => state,
  };
}
