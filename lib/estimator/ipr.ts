import type { EstimatorFactory, EstimatorState, LabelledEmbeddings, QualityEstimator } from './estimator.ts';
import { IprNetwork } from './ipr-network.ts';
import { type ResolvedIprSettings, resolveIprSettings } from './ipr-settings.ts';
import { stackTensors, type TrainedMembers, trainMembers } from './network-members.ts';
import { type NetworkRun, networkTraining } from './network-training.ts';
import { pairwiseSpec, readPairwiseParts } from './pairwise-spec.ts';
import { modelMeans } from './training-data.ts';

const training = networkTraining({ resolve: resolveIprSettings, train: trainOn });

/** IPR's pairwise quality estimator (arXiv 2509.06274) with the default settings. */
export const iprFactory: EstimatorFactory = { kind: 'ipr', ...training, fromState };

/**
 * Trains IPR's pairwise head on frozen embeddings. Several members are separate networks whose logits are averaged;
 * they end up as one head whose hidden layer is theirs side by side.
 */
export const trainIpr = training.train;

async function trainOn(
  training: LabelledEmbeddings,
  validation: LabelledEmbeddings | number,
  { settings, options }: NetworkRun<ResolvedIprSettings>,
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
    tensors: iprTensors(networks),
  };
}

/** What `readPairwiseParts` reads, of the members side by side. */
export function iprTensors(networks: readonly IprNetwork[]): EstimatorState['tensors'] {
  return {
    promptWeight: stackTensors(networks.map((network) => network.promptWeight)),
    identities: stackTensors(networks.map((network) => network.identities.table)),
    identityWeight: stackTensors(networks.map((network) => network.identityLayer.weight)),
    identityBias: stackTensors(networks.map((network) => network.identityLayer.bias)),
    outWeight: stackTensors(networks.map((network) => network.outWeight)),
    outBias: stackTensors(networks.map((network) => network.outBias)),
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
