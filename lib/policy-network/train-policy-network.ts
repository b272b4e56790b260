import { loadAddon } from '../../bindings/load.ts';
import { checkpoint } from '../estimator/checkpoint.ts';
import type { TrainingOptions } from '../estimator/estimator.ts';
import { normaliseRows } from '../estimator/k-means.ts';
import { nearestRows } from '../estimator/neighbour-graph.ts';
import { Random } from '../nn/random.ts';
import type { NetworkTensors, PolicyNetworkConfig } from '../policy/policy-network.ts';
import { Actor } from './actor.ts';
import type { PolicyRows } from './choice-batch.ts';
import { Critic } from './critic.ts';
import { improve } from './improve.ts';
import { pretrain } from './pretrain.ts';
import { type PolicyTrainingSettings, resolvePolicySettings } from './settings.ts';

export interface TrainedPolicyNetwork {
  readonly config: PolicyNetworkConfig;
  /** By the names of the actor's parameters. */
  readonly tensors: NetworkTensors;
}

export type PolicyTrainingOptions = Pick<TrainingOptions, 'seed' | 'signal' | 'onProgress'> & {
  readonly settings?: Partial<PolicyTrainingSettings>;
};

/** Steps between looks at the clock, the signal and the event loop. */
const STEPS_PER_LOOK = 5;

/**
 * LLM Bandit's policy (arXiv 2502.02743): supervised pretraining, then PPO.
 * Throws ERR_INVALID_ARGUMENT for settings out of range, ERR_ABORTED.
 */
export async function trainPolicyNetwork(
  data: PolicyRows,
  options: PolicyTrainingOptions = {},
): Promise<TrainedPolicyNetwork> {
  const settings = resolvePolicySettings(options.settings ?? {});
  const { width, heads, blocks } = settings;
  const { kernels } = loadAddon();
  const random = new Random(options.seed ?? 0);
  const inputs = {
    dimension: data.prompts.length / data.rows,
    identitySize: data.identities.length / data.models,
  };
  const actor = new Actor({ width, heads, blocks }, inputs, random.fork());
  const critic = new Critic({ width, heads, blocks }, inputs, random.fork());
  const total = settings.pretrainingSteps + settings.rounds;
  let done = 0;
  const training = {
    data,
    neighbours: await nearestPrompts(data, options.signal),
    settings,
    kernels,
    random: random.fork(),
    onStep: async () => {
      done += 1;
      if (done % STEPS_PER_LOOK !== 0) return;
      await checkpoint(options.signal);
      options.onProgress?.({
        done,
        total,
        detail: done <= settings.pretrainingSteps ? 'pretraining' : 'PPO',
      });
    },
  };
  await pretrain(actor, training);
  await improve(actor, critic, training);
  const tensors = actor.parameters().map(({ name, tensor: { shape, data: values } }) => {
    return [name, { shape, data: values }] as const;
  });
  return { config: { width, heads, blocks }, tensors: Object.fromEntries(tensors) };
}

/** [rows] the nearest other row of each by the angle between prompts; of one row alone, itself. */
async function nearestPrompts({ rows, prompts }: PolicyRows, signal?: AbortSignal): Promise<Int32Array> {
  if (rows < 2) return new Int32Array(rows);
  const dimension = prompts.length / rows;
  const values = normaliseRows(prompts, dimension);
  return (await nearestRows({ rows, dimension, values }, 1, signal)).neighbours;
}
