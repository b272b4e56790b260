import type { FeatureName } from '../../bindings/addon.ts';
import { surfaceFeatures, surfaceWidth } from '../../bindings/surface-features.ts';
import type { OnnxEncoder } from '../pool/encoder-options.ts';
import { embeddingAlone, featureWidths, rowWidth } from '../pool/features.ts';
import type { GraphOutput } from './onnx-session.ts';
import { normalizeVector, poolVectors, type TokenVectors } from './pool-vectors.ts';

/** Fills rows of features, [texts, width], from what a graph answers and from the texts. */
export class FeatureRows {
  readonly width: number;
  readonly #options: Pick<OnnxEncoder, 'dimension' | 'pooling' | 'normalize'>;
  /** Where each feature begins in a row. */
  readonly #starts: ReadonlyMap<FeatureName, number>;

  constructor(options: Pick<OnnxEncoder, 'features' | 'dimension' | 'pooling' | 'normalize'>) {
    this.#options = options;
    const { features = embeddingAlone, dimension } = options;
    const widths = featureWidths(features, dimension);
    this.#starts = new Map(features.map((feature, index) => [feature, rowWidth(widths.slice(0, index))]));
    this.width = rowWidth(widths);
  }

  /** Whether the graph must be asked for its embedding layer's output. */
  get needTokenEmbeddings(): boolean {
    return this.#starts.has('tokens');
  }

  /** What the graph gives of the text at `place` of its batch, into that text's row. */
  pool(
    { values, byToken, tokenEmbeddings }: GraphOutput,
    place: Omit<TokenVectors, 'values'>,
    to: Float32Array,
  ): void {
    const { dimension, pooling, normalize } = this.#options;
    const embedding = to.subarray(0, dimension); // always the first
    if (byToken) poolVectors(pooling, { values, ...place }, embedding);
    else embedding.set(values.subarray(place.row * dimension, (place.row + 1) * dimension));
    if (normalize) normalizeVector(embedding);
    const start = this.#starts.get('tokens');
    if (start === undefined || tokenEmbeddings === null) return;
    const mean = to.subarray(start, start + dimension);
    poolVectors('mean', { values: tokenEmbeddings, ...place }, mean);
    normalizeVector(mean);
  }

  /** What the texts give by themselves, into all rows. */
  setSurface(texts: readonly string[], rows: Float32Array): void {
    const start = this.#starts.get('surface');
    if (start === undefined) return;
    const surface = surfaceFeatures(texts);
    for (const index of texts.keys()) {
      const values = surface.subarray(index * surfaceWidth, (index + 1) * surfaceWidth);
      rows.set(values, index * this.width + start);
    }
  }
}
