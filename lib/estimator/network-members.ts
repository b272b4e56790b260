import { loadAddon } from '../../bindings/load.ts';
import { Random } from '../nn/random.ts';
import type { LabelledEmbeddings, StateTensor, TrainingOptions } from './estimator.ts';
import { type NetworkSettings, type TrainableNetwork, trainIprNetwork } from './ipr-training.ts';

export interface MemberTraining<Settings extends NetworkSettings> {
  readonly settings: Settings & { readonly members: number };
  readonly training: LabelledEmbeddings;
  readonly validation: LabelledEmbeddings;
  readonly options: TrainingOptions;
}

/** Trains `members` networks one after the other, each made and trained from a stream of random numbers of its own. */
export async function trainMembers<
  Settings extends NetworkSettings,
  Network extends TrainableNetwork<Settings>,
>(
  make: (random: Random) => Network,
  { settings, training, validation, options }: MemberTraining<Settings>,
): Promise<Network[]> {
  const { seed = 0, signal, onProgress } = options;
  const { kernels } = loadAddon();
  const random = new Random(seed);
  const total = settings.members * settings.epochs;
  const networks: Network[] = [];
  for (let member = 0; member < settings.members; ++member) {
    const stream = random.fork();
    const network = make(stream);
    const onEpoch = (epoch: number, error: number) =>
      onProgress?.({
        done: member * settings.epochs + epoch + 1,
        total,
        detail: `network ${member + 1}, validation error ${error.toFixed(5)}`,
      });
    const run = { kernels, settings, training, validation, random: stream, signal, onEpoch };
    await trainIprNetwork(network, run);
    networks.push(network);
  }
  return networks;
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
