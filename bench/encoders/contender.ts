import type { BenchCase, CaseGroup, Skipped, Work } from '../harness.ts';

export type Precision = 'fp32' | 'int8';

/** One way to embed a given list of texts, opened and ready to run. */
export interface Contender {
  readonly name: string;
  readonly precision: Precision;
  /** Where it reads texts otherwise than we do: the cosine it must reach instead of its precision's. */
  readonly requiredCosine?: number;
  /** What is timed. */
  run(): unknown;
  /** One vector per text, for the check. */
  vectors(): Promise<readonly ArrayLike<number>[]>;
  close(): void | Promise<void>;
}

/** Least cosine to the first contender, which is ours. 0.9995 leaves room for kernels on bfloat16. */
const requiredCosines: Readonly<Record<Precision, number>> = { fp32: 0.9995, int8: 0.97 };

const notes = [
  ...Object.entries(requiredCosines).map(
    ([precision, cosine]) =>
      `every ${precision} contender agrees with the first to a cosine of ${cosine} or more`,
  ),
  'transformers.js cuts the last special token off a text that is too long, so it is held to 0.95',
  'onnxruntime gets token ids and does not pool; the others start from text and end with embeddings',
];

export interface EncoderGroup {
  readonly title: string;
  readonly work: Work;
  readonly contenders: readonly Contender[];
  readonly skipped?: readonly Skipped[];
  readonly notes?: readonly string[];
}

/** A group of the harness in which every contender must agree with the first; closes all of them afterwards. */
export async function* agreeingGroup(group: EncoderGroup): AsyncGenerator<CaseGroup> {
  const { title, work, contenders, skipped = [] } = group;
  try {
    const expected = (await contenders[0]?.vectors()) ?? [];
    const cases: BenchCase[] = contenders.map((contender) => ({
      name: contender.name,
      work,
      run: () => contender.run(),
      check: async () => checkAgreement(expected, await contender.vectors(), requiredCosine(contender)),
    }));
    yield { title, cases, skipped, notes: [...(group.notes ?? []), ...notes] };
  } finally {
    for (const contender of contenders) await contender.close();
  }
}

function requiredCosine({ requiredCosine, precision }: Contender): number {
  return requiredCosine ?? requiredCosines[precision];
}

function checkAgreement(
  expected: readonly ArrayLike<number>[],
  actual: readonly ArrayLike<number>[],
  required: number,
): void {
  if (expected.length !== actual.length)
    throw new Error(`${actual.length} vectors for ${expected.length} texts`);
  for (const [index, vector] of expected.entries()) {
    const similarity = cosine(vector, actual[index] ?? []);
    if (similarity >= required) continue;
    throw new Error(`text ${index}: cosine ${similarity}, expected ${required} or more`);
  }
}

/** NaN where the second is shorter. */
function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let dot = 0;
  let normA = 0;
  let normB = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? 0;
    const y = b[i] ?? Number.NaN;
    dot += x * y;
    normA += x * x;
    normB += y * y;
  }
  return dot / Math.sqrt(normA * normB);
}

/** [count, dimension] as its rows. */
export function rowsOf(matrix: Float32Array, dimension: number): Float32Array[] {
  return Array.from({ length: matrix.length / dimension }, (_, row) =>
    matrix.subarray(row * dimension, (row + 1) * dimension),
  );
}
