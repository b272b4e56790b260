import type { NativeEmbedding, NativeTokenCount } from '../../bindings/addon.ts';
import { PointsmanError } from '../errors.ts';
import type { OnnxEncoder } from '../pool/encoder-options.ts';
import type { LaneEncoder } from '../pool/lane-encoder.ts';
import { graphNames } from './bert-graph.ts';
import { FeatureRows } from './feature-rows.ts';
import { type GraphOutput, OnnxSession, type PaddedBatch } from './onnx-session.ts';
import { cutBatches, padBatch } from './padded-batches.ts';
import { openTextTokenizer, type TextTokenizer } from './text-tokenizer.ts';

/** An ONNX encoder of one lane. onnxruntime's `run` blocks the thread that calls it, so it belongs into a worker. */
export class OnnxLaneEncoder implements LaneEncoder {
  readonly device = 'cpu';
  readonly deviceReason = null;
  readonly #options: OnnxEncoder;
  readonly #session: OnnxSession;
  readonly #tokenizer: TextTokenizer;
  readonly #rows: FeatureRows;

  private constructor(options: OnnxEncoder, session: OnnxSession, tokenizer: TextTokenizer) {
    this.#options = options;
    this.#session = session;
    this.#tokenizer = tokenizer;
    this.#rows = new FeatureRows(options);
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
    const embeddings = new Float32Array(texts.length * this.#rows.width);
    for (const rows of cutBatches(sequences)) {
      const batch = padBatch(sequences, rows, padTokenId);
      const output = await this.#session.run(batch, this.#rows.needTokenEmbeddings);
      this.#checkSize(output, batch);
      for (const [row, index] of rows.entries()) {
        const tokens = sequences[index]?.length ?? 0;
        const to = embeddings.subarray(index * this.#rows.width, (index + 1) * this.#rows.width);
        this.#rows.pool(output, { row, length: batch.length, tokens }, to);
      }
    }
    this.#rows.setSurface(texts, embeddings);
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
}
