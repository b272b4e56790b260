/** When to stop. */
export interface ConjugateGradientLimits {
  /** Length of the residual, as a share of the right-hand side's. */
  readonly residual: number;
  /** Products with the matrix at most. */
  readonly products: number;
}

/**
 * x near the solution of A x = b for a symmetric positive definite A that is known by its product with a vector, by
 * conjugate gradients (Hestenes and Stiefel 1952) from `start`. Sums are in float64.
 */
export function solveSymmetric(
  multiply: (x: Float32Array) => Float32Array,
  b: Float32Array,
  start: Float32Array,
  { residual, products }: ConjugateGradientLimits,
): Float32Array {
  const x = start.slice();
  const first = multiply(x);
  const left = b.map((value, i) => value - (first[i] as number));
  const direction = left.slice();
  let length = inner(left, left);
  const enough = residual ** 2 * inner(b, b);
  for (let count = 1; count < products && length > enough; ++count) {
    const image = multiply(direction);
    const curvature = inner(direction, image);
    if (!(curvature > 0)) break; // rounding: nothing more is to be gained along it
    const step = length / curvature;
    for (let i = 0; i < x.length; ++i) {
      x[i] = (x[i] as number) + step * (direction[i] as number);
      left[i] = (left[i] as number) - step * (image[i] as number);
    }
    const next = inner(left, left);
    for (let i = 0; i < x.length; ++i) {
      direction[i] = (left[i] as number) + (next / length) * (direction[i] as number);
    }
    length = next;
  }
  return x;
}

function inner(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; ++i) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
