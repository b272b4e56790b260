import { actorFeatures, preferenceFeatures } from './candidate-features.ts';
import type { PolicyNetworkConfig } from './policy-network.ts';

/** What a policy network is made for. */
export interface PolicyInputs {
  /** Values of a prompt. */
  readonly dimension: number;
  /** Values of a model's identity. */
  readonly identitySize: number;
}

/** The shape of every tensor of a policy network, by name. */
export function networkShapes(
  { width, blocks }: PolicyNetworkConfig,
  { dimension, identitySize }: PolicyInputs,
): ReadonlyMap<string, readonly number[]> {
  const inputs = identitySize + actorFeatures;
  const attention = ['sets.pooling', ...Array.from({ length: blocks }, (_, i) => `sets.blocks.${i}`)];
  return new Map<string, readonly number[]>([
    ...affine('sets.input', width, inputs),
    ...attention.flatMap((name) => blockShapes(name, width)),
    ['sets.seed', [1, width]],
    ...affine('prompt', width, dimension),
    ...affine('preference', width, preferenceFeatures),
    ...affine('hidden', 2 * width, 3 * width),
    ...affine('out', width, 2 * width),
    ...affine('candidate', width, inputs),
    ['sharpness', [1, 1]],
  ]);
}

type NamedShape = readonly [string, readonly number[]];

function affine(name: string, outputs: number, inputs: number): NamedShape[] {
  return [
    [`${name}.weight`, [outputs, inputs]],
    [`${name}.bias`, [outputs]],
  ];
}

function blockShapes(name: string, width: number): NamedShape[] {
  return [
    ...['query', 'key', 'value', 'feedForward'].flatMap((part) => affine(`${name}.${part}`, width, width)),
    ...['afterAttention', 'afterFeedForward'].flatMap((part): NamedShape[] => [
      [`${name}.${part}.gain`, [width]],
      [`${name}.${part}.bias`, [width]],
    ]),
  ];
}
