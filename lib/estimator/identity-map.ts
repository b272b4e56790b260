import { loadAddon } from '../../bindings/load.ts';
import { cholesky } from './cholesky.ts';
import { type Identities, identityUncertainty } from './irt-identities.ts';
import { principalComponents } from './principal-components.ts';

/** A model on the map; distances on it are those of `identityDistance`, as far as two dimensions can show them. */
export interface MapPoint {
  readonly model: string;
  readonly x: number;
  readonly y: number;
  /** In the same unit, see `identityUncertainty`. */
  readonly uncertainty: number;
}

export interface PoolMap {
  readonly points: readonly MapPoint[];
  /** Share of the models' spread that the two dimensions show, in [0, 1]. */
  readonly shown: number;
}

/** Keeps the factorisation going where no prompt depends on a direction. */
const RIDGE = 1e-9;

/** The two directions in which the identities of a pool differ most, in what they do to logits (classical scaling). */
export function mapPool(identities: Identities): PoolMap {
  const { models, metric } = identities;
  const [members = 1, size = 0] = metric.shape;
  const width = members * size;
  const rows = new Float32Array(models.length * width);
  for (let member = 0; member < members; ++member) {
    const factor = factorOf(metric.data.subarray(member * size * size, (member + 1) * size * size), size);
    for (const [row, { mean }] of models.entries()) {
      for (let j = 0; j < size; ++j) {
        let sum = 0;
        for (let i = j; i < size; ++i)
          sum += (factor[i * size + j] as number) * (mean[member * size + i] as number);
        rows[row * width + member * size + j] = sum / Math.sqrt(members);
      }
    }
  }
  centre(rows, width);
  const { kernels } = loadAddon();
  const basis = principalComponents(kernels, rows, width, 2);
  const flat = new Float32Array(models.length * 2);
  kernels.gemm(false, true, models.length, 2, width, rows, basis, flat, false);
  const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  return {
    points: models.map((identity, row) => ({
      model: identity.model,
      x: flat[2 * row] as number,
      y: flat[2 * row + 1] as number,
      uncertainty: identityUncertainty(identity, metric),
    })),
    shown: squares(flat) / Math.max(squares(rows), Number.MIN_VALUE),
  };
}

/** L with L L^T = G, [size, size]. */
function factorOf(metric: Float32Array, size: number): Float64Array {
  const matrix = Float64Array.from(metric);
  let trace = 0;
  for (let i = 0; i < size; ++i) trace += matrix[i * size + i] as number;
  for (let i = 0; i < size; ++i)
    matrix[i * size + i] = (matrix[i * size + i] as number) + RIDGE + 1e-6 * (trace / size);
  return cholesky(matrix, size) ?? new Float64Array(size * size);
}

function centre(rows: Float32Array, width: number): void {
  const count = rows.length / width;
  for (let d = 0; d < width; ++d) {
    let mean = 0;
    for (let row = 0; row < count; ++row) mean += (rows[row * width + d] as number) / count;
    for (let row = 0; row < count; ++row) rows[row * width + d] = (rows[row * width + d] as number) - mean;
  }
}
