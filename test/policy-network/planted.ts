import { Random } from '../../lib/nn/random.ts';
import { PolicyNetwork } from '../../lib/policy/policy-network.ts';
import { Actor } from '../../lib/policy-network/actor.ts';
import type { PolicyRows } from '../../lib/policy-network/choice-batch.ts';

export const models = 5;
export const identitySize = 3;
export const dimension = 4;
export const config = { width: 8, heads: 2, blocks: 2 };

/** Random rows; prompts have two kinds by the sign of their first value. */
export function plantedRows(rows: number, seed: number): PolicyRows {
  const random = new Random(seed);
  const of = (length: number, draw: () => number) => Float32Array.from({ length }, draw);
  const quality = of(rows * models, () => 0.3 + 0.4 * random.uniform());
  return {
    rows,
    models,
    prompts: of(rows * dimension, () => random.normal()),
    identities: of(models * identitySize, () => random.normal()),
    quality,
    costUsd: of(rows * models, () => 0),
    calibrated: quality,
    scores: of(rows * models, () => (random.uniform() < 0.5 ? 0 : 1)),
    actualUsd: of(rows * models, () => 0),
  };
}

/** An actor with weights that matter, and the network without gradients that is made of it. */
export function actorAndNetwork(data: PolicyRows, seed = 5) {
  const random = new Random(seed);
  const actor = new Actor(config, { dimension, identitySize }, random);
  for (const { tensor } of actor.parameters()) {
    for (let i = 0; i < tensor.data.length; ++i) {
      tensor.data[i] = (tensor.data[i] as number) + 0.3 * random.normal();
    }
  }
  const tensors = Object.fromEntries(actor.parameters().map(({ name, tensor }) => [name, tensor]));
  const identities = { values: data.identities, columns: identitySize };
  return { actor, network: new PolicyNetwork(config, tensors, identities), tensors };
}
