import { Random } from '../lib/nn/random.ts';
import type { NetworkRequest } from '../lib/policy/ask-network.ts';
import { networkShapes } from '../lib/policy/network-shapes.ts';
import { PolicyNetwork } from '../lib/policy/policy-network.ts';
import { resolvePolicySettings } from '../lib/policy-network/settings.ts';

/** Three networks' identities of 32 values, as `irt` has. */
const identitySize = 96;

/** A network of the default sizes with weights made up: what it costs does not depend on them. */
export function networkRequest(models: number): NetworkRequest {
  const random = new Random(models + 3);
  const config = resolvePolicySettings({});
  const normal = (length: number, deviation: number) =>
    Float32Array.from({ length }, () => deviation * random.normal());
  const shapes = networkShapes(config, { dimension: 1, identitySize });
  const tensors = Object.fromEntries(
    [...shapes].map(([name, shape]) => {
      const inputs = shape[1] ?? 1;
      const size = shape.reduce((product, length) => product * length, 1);
      return [name, { shape, data: normal(size, 1 / Math.sqrt(inputs)) }];
    }),
  );
  const identities = { values: normal(models * identitySize, 1), columns: identitySize };
  const network = new PolicyNetwork(config, tensors, identities);
  return { kind: 'network-request', network, costWeight: 0.5, draw: null };
}

/** What the prompt's head answers, for the same sizes. */
export function networkPrompt(random: Random): Float32Array {
  return Float32Array.from({ length: resolvePolicySettings({}).width }, () => random.uniform());
}
