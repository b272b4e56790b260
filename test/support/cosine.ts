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

/** Of the rows of two [rows, dimension] matrices, pair by pair. */
export function lowestCosine(a: Float32Array, b: Float32Array, dimension: number): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (let start = 0; start < a.length; start += dimension) {
    const end = start + dimension;
    lowest = Math.min(lowest, cosine(a.subarray(start, end), b.subarray(start, end)));
  }
  return lowest;
}
