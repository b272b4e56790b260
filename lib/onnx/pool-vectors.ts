import type { PoolingName } from '../../bindings/addon.ts';

/** Where a text's tokens lie in `values`, [rows, length, dimension], and how many there are. */
export interface TokenVectors {
  readonly values: Float32Array;
  readonly row: number;
  readonly length: number;
  readonly tokens: number;
}

/** One vector of a text's token vectors, into `out`: their mean, or the first. Padding is never read. */
export function poolVectors(
  pooling: PoolingName,
  { values, row, length, tokens }: TokenVectors,
  out: Float32Array,
): void {
  const dimension = out.length;
  const start = row * length * dimension;
  if (pooling === 'cls') {
    out.set(values.subarray(start, start + dimension));
    return;
  }
  const sums = new Float64Array(dimension);
  for (let token = 0; token < tokens; token++) {
    const from = start + token * dimension;
    for (let i = 0; i < dimension; i++) sums[i] = (sums[i] ?? 0) + (values[from + i] ?? 0);
  }
  out.set(sums.map((sum) => sum / tokens));
}

/** Divides by the L2 norm; a vector of zeros stays one. */
export function normalizeVector(vector: Float32Array): void {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const norm = Math.sqrt(squares);
  if (norm === 0) return;
  for (const [index, value] of vector.entries()) vector[index] = value / norm;
}
