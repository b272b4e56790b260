/** A row-major matrix. */
export interface Matrix {
  readonly values: Float32Array;
  readonly columns: number;
}

/** x [rows, inputs] times weight^T plus bias: [rows, outputs]; the weight is [outputs, inputs]. */
export function product(
  x: Float32Array,
  rows: number,
  { weight: { values, columns }, bias }: { readonly weight: Matrix; readonly bias: Float32Array },
): Float32Array {
  const outputs = bias.length;
  const out = new Float32Array(rows * outputs);
  for (let row = 0; row < rows; ++row) {
    for (let output = 0; output < outputs; ++output) {
      let sum = bias[output] as number;
      const from = row * columns;
      const weights = output * columns;
      for (let i = 0; i < columns; ++i) sum += (x[from + i] as number) * (values[weights + i] as number);
      out[row * outputs + output] = sum;
    }
  }
  return out;
}

/** query + softmax(query key^T / sqrt(width / heads)) value, head by head, in place of the query, which is returned. */
export function addAttention(
  query: Float32Array,
  key: Float32Array,
  value: Float32Array,
  { width, heads }: { readonly width: number; readonly heads: number },
): Float32Array {
  const size = width / heads;
  const keys = key.length / width;
  const scale = 1 / Math.sqrt(size);
  const weights = new Float64Array(keys);
  for (let start = 0; start < query.length; start += size) {
    const column = start % width;
    let most = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < keys; ++k) {
      let sum = 0;
      for (let i = 0; i < size; ++i)
        sum += (query[start + i] as number) * (key[k * width + column + i] as number);
      weights[k] = scale * sum;
      most = Math.max(most, scale * sum);
    }
    let total = 0;
    for (let k = 0; k < keys; ++k) {
      weights[k] = Math.exp((weights[k] as number) - most);
      total += weights[k] as number;
    }
    for (let i = 0; i < size; ++i) {
      let sum = 0;
      for (let k = 0; k < keys; ++k)
        sum += (weights[k] as number) * (value[k * width + column + i] as number);
      query[start + i] = (query[start + i] as number) + sum / total;
    }
  }
  return query;
}

/** Added to the variance, as in training. */
const epsilon = 1e-12;

/** Layer normalisation of every row, in place. */
export function normaliseRow(
  x: Float32Array,
  columns: number,
  { gain, bias }: { readonly gain: Float32Array; readonly bias: Float32Array },
): void {
  for (let start = 0; start < x.length; start += columns) {
    let mean = 0;
    for (let i = start; i < start + columns; ++i) mean += x[i] as number;
    mean /= columns;
    let variance = 0;
    for (let i = start; i < start + columns; ++i) variance += ((x[i] as number) - mean) ** 2;
    const inverse = 1 / Math.sqrt(variance / columns + epsilon);
    for (let i = 0; i < columns; ++i) {
      x[start + i] = inverse * ((x[start + i] as number) - mean) * (gain[i] as number) + (bias[i] as number);
    }
  }
}
