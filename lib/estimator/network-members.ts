import { loadAddon } from '../../bindings/load.ts';
import { Random } from '../nn/random.ts';
import type { LabelledEmbeddings, StateTensor, TrainingOptions } from './estimator.ts';
import { type NetworkSettings, type TrainableNetwork, trainIprNetwork } from './ipr-training.ts';

export interface MemberTraining<Settings extends NetworkSettings> {
  readonly settings: Settings & { readonly members: number };
  readonly training: LabelledEmbeddings;
  /** As for `IprTraining`. */
  readonly validation: LabelledEmbeddings | number;
  readonly options: TrainingOptions;
}

export interface TrainedMembers<Network> {
  readonly networks: readonly Network[];
  /** Mean number of epochs whose weights were kept. */
  readonly keptEpochs: number;
}

/** Trains `members` networks one after the other, each made and trained from a stream of random numbers of its own. */
export async function trainMembers<
  Settings extends NetworkSettings,
  Network extends TrainableNetwork<Settings>,
>(
  make: (random: Random) => Network,
  { settings, training, validation, options }: MemberTraining<Settings>,
): Promise<TrainedMembers<Network>> {
  const { seed = 0, signal, onProgress } = options;
  const { kernels } = loadAddon();
  const random = new Random(seed);
  const epochs = typeof validation === 'number' ? validation : settings.epochs;
  const total = settings.members * epochs;
  const networks: Network[] = [];
  let kept = 0;
  for (let member = 0; member < settings.members; ++member) {
    const stream = random.fork();
    const network = make(stream);
    const onEpoch = (epoch: number, error: number | null) =>
      onProgress?.({
        done: member * epochs + epoch + 1,
        total,
        detail: `network ${member + 1}${error === null ? '' : `, validation error ${error.toFixed(5)}`}`,
      });
    const run = { kernels, settings, training, validation, random: stream, signal, onEpoch };
    kept += await trainIprNetwork(network, run);
    networks.push(network);
  }
  return { networks, keptEpochs: kept / settings.members };
}

/** Tensors of one shape, one a member, to one tensor with a leading dimension of members. */
export function stackTensors(tensors: readonly StateTensor[]): StateTensor {
  const [first] = tensors;
  const size = first?.data.length ?? 0;
  const data = new Float32Array(tensors.length * size);
  tensors.forEach((tensor, i) => {
    data.set(tensor.data, i * size);
  });
  return { shape: [tensors.length, ...(first?.shape ?? [])], data };
}
