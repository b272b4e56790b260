import { InferenceSession, Tensor } from 'onnxruntime-node';
import { onnxNames, writeOnnxGraph } from './onnx-graph.ts';

/** ONNX Runtime on the same weights: the yardstick of parity and speed. Mean pooling, L2 norm. */
export class OnnxEncoder {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  /** `threads` inside one operator; operators run one after the other. */
  static async open(modelDir: string, threads: number): Promise<OnnxEncoder> {
    const graph = writeOnnxGraph(modelDir, { precision: 'fp32' });
    const session = await InferenceSession.create(graph, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
    });
    return new OnnxEncoder(session);
  }

  /** One padded batch of token ids, special ones included. */
  async embed(sequences: readonly Int32Array[]): Promise<Float32Array[]> {
    const length = Math.max(...sequences.map((ids) => ids.length));
    const shape = [sequences.length, length];
    const ids = new Int32Array(sequences.length * length);
    const mask = new Int32Array(ids.length);
    for (const [row, sequence] of sequences.entries()) {
      ids.set(sequence, row * length);
      mask.fill(1, row * length, row * length + sequence.length);
    }
    const outputs = await this.#session.run({
      [onnxNames.ids]: new Tensor('int32', ids, shape),
      [onnxNames.segments]: new Tensor('int32', new Int32Array(ids.length), shape),
      [onnxNames.mask]: new Tensor('int32', mask, shape),
    });
    const hidden = outputs[onnxNames.output];
    if (hidden === undefined) throw new Error(`the graph has no output ${onnxNames.output}`);
    return sequences.map((sequence, row) => pooled(hidden, row, sequence.length));
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

/** L2-normalised mean over a sequence's own tokens of hidden [sequences, length, width]. */
function pooled(hidden: Tensor, row: number, tokens: number): Float32Array {
  const [, length = 0, width = 0] = hidden.dims;
  const values = hidden.data as Float32Array;
  const mean = new Float32Array(width);
  for (let token = 0; token < tokens; token++) {
    const start = (row * length + token) * width;
    for (let i = 0; i < width; i++) mean[i] = (mean[i] ?? 0) + (values[start + i] ?? 0);
  }
  const norm = Math.hypot(...mean);
  return mean.map((value) => value / norm);
}

export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let dot = 0;
  let normA = 0;
  let normB = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? 0;
    const y = b[i] ?? 0;
    dot += x * y;
    normA += x * x;
    normB += y * y;
  }
  return dot / Math.sqrt(normA * normB);
}
