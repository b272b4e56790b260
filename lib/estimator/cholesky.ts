/**
 * The lower triangle L of a symmetric positive definite matrix A = L L^T, [n, n] in float64, or null where A is not
 * positive definite. Reads only A's lower triangle.
 */
export function cholesky(matrix: Float64Array, n: number): Float64Array | null {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; ++i) {
    for (let j = 0; j <= i; ++j) {
      let rest = matrix[i * n + j] as number;
      for (let p = 0; p < j; ++p) rest -= (lower[i * n + p] as number) * (lower[j * n + p] as number);
      if (i !== j) {
        lower[i * n + j] = rest / (lower[j * n + j] as number);
      } else {
        if (!(rest > 0)) return null;
        lower[i * n + i] = Math.sqrt(rest);
      }
    }
  }
  return lower;
}

/** x with L L^T x = b, by forward and back substitution. */
export function solveCholesky(lower: Float64Array, n: number, b: Float64Array): Float64Array {
  const x = b.slice();
  for (let i = 0; i < n; ++i) {
    let rest = x[i] as number;
    for (let p = 0; p < i; ++p) rest -= (lower[i * n + p] as number) * (x[p] as number);
    x[i] = rest / (lower[i * n + i] as number);
  }
  for (let i = n - 1; i >= 0; --i) {
    const solved = (x[i] as number) / (lower[i * n + i] as number);
    x[i] = solved;
    for (let p = 0; p < i; ++p) x[p] = (x[p] as number) - (lower[i * n + p] as number) * solved;
  }
  return x;
}
