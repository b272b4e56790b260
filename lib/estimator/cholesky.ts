/**
 * The lower triangle L of a symmetric positive definite matrix A = L L^T, [n, n] in float64, or null where A is not
 * positive definite. Reads only A's lower triangle.
 */
export function cholesky(matrix: Float64Array, n: number): Float64Array | null {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; ++i) {
    for (let j = 0; j <= i; ++j) {
      const rest = (matrix[i * n + j] as number) - innerProduct(lower, i * n, j * n, j);
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

/** Of two rows of `values` that begin at `a` and `b`. In four sums, which do not wait for each other's additions. */
function innerProduct(values: Float64Array, a: number, b: number, count: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let p = 0;
  for (; p + 4 <= count; p += 4) {
    s0 += (values[a + p] as number) * (values[b + p] as number);
    s1 += (values[a + p + 1] as number) * (values[b + p + 1] as number);
    s2 += (values[a + p + 2] as number) * (values[b + p + 2] as number);
    s3 += (values[a + p + 3] as number) * (values[b + p + 3] as number);
  }
  for (; p < count; ++p) s0 += (values[a + p] as number) * (values[b + p] as number);
  return s0 + s1 + s2 + s3;
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
