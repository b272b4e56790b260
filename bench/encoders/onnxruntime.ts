import { OnnxSession } from '../../lib/onnx/onnx-session.ts';
import { padBatch } from '../../lib/onnx/padded-batches.ts';
import { normalizeVector, poolVectors } from '../../lib/onnx/pool-vectors.ts';
import type { Contender, Precision } from './contender.ts';

/** Texts a run, sorted by length: what is tried to find how onnxruntime is fastest. */
const batchSizes = [1, 2, 4, 8, 16, 32];

interface Batching {
  readonly name: string;
  readonly batches: readonly (readonly number[])[];
}

export interface OnnxRuntimeOptions {
  /** Path of an .onnx file with int32 inputs and mean pooling outside. */
  readonly model: string;
  readonly precision: Precision;
  /** Inside one operator; operators run one after the other. */
  readonly threads: number;
}

/** onnxruntime on ready token ids, in the batches that are fastest: better off than it can be in use. */
export async function onnxRuntimeContender(
  sequences: readonly Int32Array[],
  { model, precision, threads }: OnnxRuntimeOptions,
): Promise<Contender> {
  const session = await OnnxSession.open(model, threads);
  const run = async ({ batches }: Batching) => {
    for (const rows of batches) await session.run(padBatch(sequences, rows, 0));
  };
  const best = await fastest(batchingsOf(sequences), run);
  const count = threads === 1 ? '1 thread' : `${threads} threads`;
  return {
    name: `onnxruntime ${precision}, ${count}${sequences.length === 1 ? '' : `, ${best.name}`}`,
    precision,
    run: () => run(best),
    vectors: () => Promise.all(sequences.map((ids) => meanVector(session, ids))),
    close: () => session.close(),
  };
}

function batchingsOf(sequences: readonly Int32Array[]): Batching[] {
  const lengthOf = (index: number) => sequences[index]?.length ?? 0;
  const order = [...sequences.keys()].sort((a, b) => lengthOf(a) - lengthOf(b));
  return batchSizes
    .filter((size) => size <= order.length)
    .map((size) => ({
      name: size === 1 ? 'one by one' : `batches of ${size}`,
      batches: Array.from({ length: Math.ceil(order.length / size) }, (_, index) =>
        order.slice(index * size, (index + 1) * size),
      ),
    }));
}

/** By the better of two tries of each. */
async function fastest(
  batchings: readonly Batching[],
  run: (batching: Batching) => Promise<void>,
): Promise<Batching> {
  let best: Batching = { name: 'no batches', batches: [] };
  let bestMs = Number.POSITIVE_INFINITY;
  for (const batching of [...batchings, ...batchings]) {
    const start = performance.now();
    await run(batching);
    const elapsed = performance.now() - start;
    if (elapsed < bestMs) [best, bestMs] = [batching, elapsed];
  }
  return best;
}

async function meanVector(session: OnnxSession, ids: Int32Array): Promise<Float32Array> {
  const { values } = await session.run(padBatch([ids], [0], 0));
  const vector = new Float32Array(values.length / ids.length);
  poolVectors('mean', { values, row: 0, length: ids.length, tokens: ids.length }, vector);
  normalizeVector(vector);
  return vector;
}
