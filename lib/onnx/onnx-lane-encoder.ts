import type { NativeEmbedding, NativeTokenCount } from '../../bindings/addon.ts';
import { surfaceFeatures, surfaceWidth } from '../../bindings/surface-features.ts';
import { PointsmanError } from '../errors.ts';
import type { OnnxEncoder } from '../pool/encoder-options.ts';
import { embeddingAlone, featureWidths, rowWidth } from '../pool/features.ts';
import type { LaneEncoder } from '../pool/lane-encoder.ts';
import { graphNames } from './bert-graph.ts';
import { type GraphOutput, OnnxSession, type PaddedBatch } from './onnx-session.ts';
import { cutBatches, padBatch } from './padded-batches.ts';
import { normalizeVector, poolVectors } from './pool-vectors.ts';
import { openTextTokenizer, type TextTokenizer } from './text-tokenizer.ts';

/** An ONNX encoder of one lane. onnxruntime's `run` blocks the thread that calls it, so it belongs into a worker. */
export class OnnxLaneEncoder implements LaneEncoder {
  readonly #options: OnnxEncoder;
  readonly #session: OnnxSession;
  readonly #tokenizer: TextTokenizer;
  /** Where each feature begins in a row of `#width` values. */
  readonly #starts: ReadonlyMap<string, number>;
  readonly #width: number;

  private constructor(options: OnnxEncoder, session: OnnxSession, tokenizer: TextTokenizer) {
    this.#options = options;
    this.#session = session;
    this.#tokenizer = tokenizer;
    const { features = embeddingAlone, dimension } = options;
    const widths = featureWidths(features, dimension);
    this.#starts = new Map(features.map((feature, index) => [feature, rowWidth(widths.slice(0, index))]));
    this.#width = rowWidth(widths);
  }

  /** Runs the graph once, so that one that answers something else fails here and not in a request. */
  static async open(options: OnnxEncoder): Promise<OnnxLaneEncoder> {
    const tokenizer = await openTextTokenizer(options.tokenizer);
    const session = await OnnxSession.open(options.model);
    if (options.features?.includes('tokens') && !session.hasTokenEmbeddings) {
      throw new PointsmanError(
        'ERR_UNSUPPORTED',
        `${options.model} has no output "${graphNames.embeddings}", which the feature "tokens" is made of: export the encoder ` +
          'again with "pointsman export --onnx", or train with "--features embedding,surface"',
      );
    }
    const encoder = new OnnxLaneEncoder(options, session, tokenizer);
    await encoder.embed(['a']);
    return encoder;
  }

  async embed(texts: readonly string[]): Promise<NativeEmbedding> {
    const { maxTokens, view, padTokenId } = this.#options;
    const sequences = texts.map((text) => this.#tokenizer.encode(text, maxTokens, view));
    const embeddings = new Float32Array(texts.length * this.#width);
    for (const rows of cutBatches(sequences)) {
      const batch = padBatch(sequences, rows, padTokenId);
      const output = await this.#session.run(batch, this.#starts.has('tokens'));
      this.#checkSize(output, batch);
      for (const [row, index] of rows.entries()) {
        const tokens = sequences[index]?.length ?? 0;
        const to = embeddings.subarray(index * this.#width, (index + 1) * this.#width);
        this.#pool(output, { row, length: batch.length, tokens }, to);
      }
    }
    this.#setSurface(texts, embeddings);
    return { embeddings, tokens: Int32Array.from(sequences, ({ length }) => length) };
  }

  countTokens(text: string, limit: number): NativeTokenCount {
    return this.#tokenizer.countTokens(text, limit);
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  #checkSize({ values, byToken }: GraphOutput, { rows, length }: PaddedBatch): void {
    const vectors = byToken ? rows * length : rows;
    if (values.length === vectors * this.#options.dimension) return;
    throw new PointsmanError(
      'ERR_CORRUPT_FILE',
      `${this.#options.model} answers vectors of ${values.length / vectors} numbers, config.json says hidden_size ${this.#options.dimension}`,
    );
  }

  /** The features that the graph gives of one text, into its row. */
  #pool(
    { values, byToken, tokenEmbeddings }: GraphOutput,
    place: { readonly row: number; readonly length: number; readonly tokens: number },
    to: Float32Array,
  ): void {
    const { dimension, pooling, normalize } = this.#options;
    const embedding = to.subarray(0, dimension);
    if (byToken) poolVectors(pooling, { values, ...place }, embedding);
    else embedding.set(values.subarray(place.row * dimension, (place.row + 1) * dimension));
    if (normalize) normalizeVector(embedding);
    const start = this.#starts.get('tokens');
    if (start === undefined || tokenEmbeddings === null) return;
    const mean = to.subarray(start, start + dimension);
    poolVectors('mean', { values: tokenEmbeddings, ...place }, mean);
    normalizeVector(mean);
  }

  #setSurface(texts: readonly string[], embeddings: Float32Array): void {
    const start = this.#starts.get('surface');
    if (start === undefined) return;
    const surface = surfaceFeatures(texts);
    for (const index of texts.keys()) {
      const values = surface.subarray(index * surfaceWidth, (index + 1) * surfaceWidth);
      embeddings.set(values, index * this.#width + start);
    }
  }
}
