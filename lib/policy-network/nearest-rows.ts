import { loadAddon } from '../../bindings/load.ts';

/** Rows per product, which bounds the memory of similarities. */
const BLOCK = 512;

/** The nearest other row of each by cosine, every pair compared: [rows]; its own index where there is no other. */
export function nearestRows(values: Float32Array, rows: number): Int32Array {
  const { kernels } = loadAddon();
  const columns = values.length / rows;
  const unit = ofUnitNorm(values, columns);
  const nearest = Int32Array.from({ length: rows }, (_, row) => row);
  const similarities = new Float32Array(BLOCK * rows);
  for (let start = 0; start < rows; start += BLOCK) {
    const count = Math.min(BLOCK, rows - start);
    const own = unit.subarray(start * columns, (start + count) * columns);
    const out = similarities.subarray(0, count * rows);
    kernels.gemm(false, true, count, rows, columns, own, unit, out, false);
    for (let i = 0; i < count; ++i) {
      let most = Number.NEGATIVE_INFINITY;
      for (let other = 0; other < rows; ++other) {
        const similarity = out[i * rows + other] as number;
        if (other === start + i || similarity <= most) continue;
        most = similarity;
        nearest[start + i] = other;
      }
    }
  }
  return nearest;
}

function ofUnitNorm(values: Float32Array, columns: number): Float32Array {
  const unit = values.slice();
  for (let start = 0; start < unit.length; start += columns) {
    const row = unit.subarray(start, start + columns);
    const norm = Math.max(Math.hypot(...row), 1e-12);
    for (let i = 0; i < columns; ++i) row[i] = (row[i] as number) / norm;
  }
  return unit;
}
