import type { NativeEmbedding, NativeTokenCount } from '../../bindings/addon.ts';
import { PointsmanError } from '../errors.ts';
import type { OnnxEncoder } from '../pool/encoder-options.ts';
import type { LaneEncoder } from '../pool/lane-encoder.ts';
import { type GraphOutput, OnnxSession } from './onnx-session.ts';
import { type BatchRows, cutBatches, padBatch } from './padded-batches.ts';
import { normalizeVector, poolVectors } from './pool-vectors.ts';
import { openTextTokenizer, type TextTokenizer } from './text-tokenizer.ts';

/** An ONNX encoder of one lane. onnxruntime's `run` blocks the thread that calls it, so it belongs into a worker. */
export class OnnxLaneEncoder implements LaneEncoder {
  readonly #options: OnnxEncoder;
  readonly #session: OnnxSession;
  readonly #tokenizer: TextTokenizer;

  private constructor(options: OnnxEncoder, session: OnnxSession, tokenizer: TextTokenizer) {
    this.#options = options;
    this.#session = session;
    this.#tokenizer = tokenizer;
  }

  /** Runs the graph once, so that one that answers something else fails here and not in a request. */
  static async open(options: OnnxEncoder): Promise<OnnxLaneEncoder> {
    const tokenizer = await openTextTokenizer(options.tokenizer);
    const encoder = new OnnxLaneEncoder(options, await OnnxSession.open(options.model), tokenizer);
    await encoder.embed(['a']);
    return encoder;
  }

  async embed(texts: readonly string[]): Promise<NativeEmbedding> {
    const { dimension, maxTokens, view, padTokenId } = this.#options;
    const sequences = texts.map((text) => this.#tokenizer.encode(text, maxTokens, view));
    const embeddings = new Float32Array(texts.length * dimension);
    for (const rows of cutBatches(sequences)) {
      const batch = padBatch(sequences, rows, padTokenId);
      const output = await this.#session.run(batch);
      this.#checkSize(output, batch);
      this.#pool(output, batch.length, rows, sequences, embeddings);
    }
    return { embeddings, tokens: Int32Array.from(sequences, ({ length }) => length) };
  }

  countTokens(text: string, limit: number): NativeTokenCount {
    return this.#tokenizer.countTokens(text, limit);
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  #checkSize({ values, byToken }: GraphOutput, { rows, length }: { rows: number; length: number }): void {
    const vectors = byToken ? rows * length : rows;
    if (values.length === vectors * this.#options.dimension) return;
    throw new PointsmanError(
      'ERR_CORRUPT_FILE',
      `${this.#options.model} answers vectors of ${values.length / vectors} numbers, config.json says hidden_size ${this.#options.dimension}`,
    );
  }

  #pool(
    { values, byToken }: GraphOutput,
    length: number,
    rows: BatchRows,
    sequences: readonly Int32Array[],
    embeddings: Float32Array,
  ): void {
    const { dimension, pooling, normalize } = this.#options;
    for (const [row, index] of rows.entries()) {
      const out = embeddings.subarray(index * dimension, (index + 1) * dimension);
      const tokens = sequences[index]?.length ?? 0;
      if (byToken) poolVectors(pooling, { values, row, length, tokens }, out);
      else out.set(values.subarray(row * dimension, (row + 1) * dimension));
      if (normalize) normalizeVector(out);
    }
  }
}
