import { loadAddon } from '../../bindings/load.ts';
import { binariseScores } from './binarise.ts';
import type {
  EstimatorFactory,
  EstimatorState,
  LabelledEmbeddings,
  QualityEstimator,
  StateTensor,
} from './estimator.ts';
import { meanOuterProduct, successGradients } from './irt-gradients.ts';
import { IrtNetwork, type IrtShape } from './irt-network.ts';
import { type ResolvedIrtSettings, resolveIrtSettings } from './irt-settings.ts';
import { stackTensors, type TrainedMembers, trainMembers } from './network-members.ts';
import { type NetworkRun, networkTraining } from './network-training.ts';
import { pairwiseSpec, readPairwiseParts } from './pairwise-spec.ts';
import { sampleRows } from './sample-rows.ts';
import { readTensor } from './state.ts';
import { takeRows } from './take-rows.ts';

const training = networkTraining({ resolve: resolveIrtSettings, train: trainOn });

/** LLM Bandit's variational item response theory (arXiv 2502.02743) with the default settings. */
export const irtFactory: EstimatorFactory = { kind: 'irt', ...training, fromState };

/**
 * Trains identities and heads on frozen embeddings. Several members are separate networks, with identities of their own, whose
 * logits are averaged.
 */
export const trainIrt = training.train;

async function trainOn(
  data: LabelledEmbeddings,
  validation: LabelledEmbeddings | number,
  { settings, options }: NetworkRun<ResolvedIrtSettings>,
): Promise<QualityEstimator> {
  const training = { ...data, scores: settings.binarise ? binariseScores(data) : data.scores };
  const shape = shapeOf(training);
  const trained = await trainMembers((random) => new IrtNetwork(settings, shape, random), {
    settings,
    training,
    validation,
    options,
  });
  const state = stateOf(trained, settings, shape.models);
  const looks = trained.networks.map((network) => lookAround(network, training, options.seed ?? 0));
  const tensors = {
    ...state.tensors,
    identityLogVariances: stackTensors(looks.map(({ logVariances }) => logVariances)),
    identityMetric: stackTensors(looks.map(({ metric }) => metric)),
  };
  return fromState({ ...state, tensors }, data.models, data.dimension);
}

/** Rows that a trained network is looked at on at most. */
const LOOK_ROWS = 2048;

interface Look {
  /** [models, identity] */
  readonly logVariances: StateTensor;
  /** [identity, identity]: how logits of training prompts change with an identity, see `identityDistance`. */
  readonly metric: StateTensor;
}

/**
 * What the success head tells around the means. Variances are those that the evidence lower bound has its maximum at, given the
 * means and to second order: 1 / (1 + sum over the model's rows of p (1 - p) g^2), g the logit's gradient. Stochastic steps
 * leave them near where they began: their gradient is a few thousandths of the others'.
 */
function lookAround(network: IrtNetwork, training: LabelledEmbeddings, seed: number): Look {
  const { kernels } = loadAddon();
  const { rows, embeddings, scores } = takeRows(training, sampleRows(training.rows, LOOK_ROWS, seed));
  const [models = 0, size = 0] = network.means.shape;
  const head = {
    promptWeight: network.promptWeight.data,
    identityWeight: network.identityLayer.weight.data,
    identityBias: network.identityLayer.bias.data,
    outWeight: network.outWeight.data,
    outBias: network.outBias.item(),
  };
  const around = (identity: Float32Array) => successGradients(head, identity, { embeddings, rows, kernels });
  const logVariances = new Float32Array(models * size);
  for (let model = 0; model < models; ++model) {
    const { logits, gradients } = around(network.means.data.subarray(model * size, (model + 1) * size));
    const precision = new Float64Array(size).fill(1);
    for (let row = 0; row < rows; ++row) {
      if (Number.isNaN(scores[row * models + model])) continue;
      const p = 1 / (1 + Math.exp(-(logits[row] as number)));
      const weight = (p * (1 - p) * training.rows) / rows;
      for (let i = 0; i < size; ++i)
        precision[i] = (precision[i] as number) + weight * (gradients[row * size + i] as number) ** 2;
    }
    for (let i = 0; i < size; ++i) logVariances[model * size + i] = -Math.log(precision[i] as number);
  }
  const mean = new Float32Array(size);
  kernels.accumulateRows(network.means.data, models, size, mean);
  const { gradients } = around(mean.map((sum) => sum / models));
  return {
    logVariances: { shape: [models, size], data: logVariances },
    metric: { shape: [size, size], data: meanOuterProduct(gradients, rows, kernels) },
  };
}

function shapeOf({ dimension, models, scores }: LabelledEmbeddings): IrtShape {
  const known = scores.filter((score) => !Number.isNaN(score));
  const meanScore = known.reduce((sum, score) => sum + score, 0) / known.length;
  return { dimension, models: models.length, meanScore, cells: known.length };
}

function stateOf(
  { networks, keptEpochs }: TrainedMembers<IrtNetwork>,
  settings: ResolvedIrtSettings,
  models: number,
): EstimatorState {
  return {
    kind: 'irt',
    config: { ...settings, keptEpochs },
    tensors: {
      promptWeight: stackTensors(networks.map((network) => network.promptWeight)),
      identities: stackTensors(networks.map((network) => network.means)),
      identityWeight: stackTensors(networks.map((network) => network.identityLayer.weight)),
      identityBias: stackTensors(networks.map((network) => network.identityLayer.bias)),
      outWeight: stackTensors(networks.map((network) => network.outWeight)),
      outBias: {
        shape: [networks.length, models],
        data: Float32Array.from(networks.flatMap(({ outBias }) => new Array(models).fill(outBias.data[0]))),
      },
      pairWeight: stackTensors(networks.map((network) => network.pairWeight)),
    },
  };
}

function fromState(state: EstimatorState, models: readonly string[], dimension: number): QualityEstimator {
  const parts = readPairwiseParts(state, models.length, dimension);
  readTensor(state, 'identityLogVariances', [parts.members, models.length, parts.identitySize]);
  readTensor(state, 'pairWeight', [parts.members, parts.hidden]);
  readTensor(state, 'identityMetric', [parts.members, parts.identitySize, parts.identitySize]);
  return {
    kind: 'irt',
    models,
    dimension,
    headSpec: () => pairwiseSpec(parts, models.length, dimension),
    state: () => state,
  };
}
