import type { FeatureName } from '../../bindings/addon.ts';
import { surfaceWidth } from '../../bindings/surface-features.ts';
import { PointsmanError } from '../errors.ts';

/** What heads may be given of a prompt, see `FeatureName`. */
export const featureNames: readonly FeatureName[] = ['embedding', 'tokens', 'surface'];

/** What an encoder gives that was asked for nothing else, and routers of before there were features. */
export const embeddingAlone: readonly FeatureName[] = ['embedding'];

/** Widths of the blocks of a row, in order, of an encoder with this hidden size. */
export function featureWidths(
  features: readonly FeatureName[] = embeddingAlone,
  hiddenSize: number,
): readonly number[] {
  return features.map((feature) => (feature === 'surface' ? surfaceWidth : hiddenSize));
}

/** Length of a whole row: what a head must take. */
export function rowWidth(blocks: readonly number[]): number {
  return blocks.reduce((total, width) => total + width, 0);
}

/** Narrows names; throws ERR_INVALID_ARGUMENT unless the embedding stands first, all are known and none stands twice. */
export function checkFeatures(names: readonly string[]): readonly FeatureName[] {
  const features = names.flatMap((name) => featureNames.filter((feature) => feature === name));
  const isSound = features.length === names.length && features[0] === 'embedding';
  if (isSound && new Set(features).size === features.length) return features;
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    `features must begin with "embedding" and name none twice, got "${names.join(',')}"; known: ${featureNames.join(', ')}`,
  );
}
