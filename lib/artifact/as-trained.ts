import type { EncoderOptions } from '../pool/encoder-options.ts';
import { embeddingAlone, featureWidths, rowWidth } from '../pool/features.ts';
import type { RouterManifest } from './schema.ts';

/** An encoder's options under which the router was trained. What older routers do not state is as it was then. */
export function trainedOptions(
  options: EncoderOptions,
  { encoder: trained }: RouterManifest,
): EncoderOptions {
  const { pooling, normalize, view = 'head', features = embeddingAlone } = trained;
  return { ...options, pooling, normalize, view, features };
}

/** Values that a router's heads are given of a prompt. */
export function trainedWidth({ encoder: { features, dimension } }: RouterManifest): number {
  return rowWidth(featureWidths(features, dimension));
}
