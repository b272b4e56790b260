import type { WeightTensor } from './encoder-weights.ts';

/** weight [rows, cols] as int8 with one scale per column and zero at 0: weight = bytes * scale, rounded to nearest. */
export function quantizeColumns({ shape, data }: WeightTensor): { bytes: Int8Array; scales: Float32Array } {
  const [, cols = 0] = shape;
  const scales = new Float32Array(cols);
  for (let i = 0; i < data.length; i++) {
    const column = i % cols;
    scales[column] = Math.max(scales[column] ?? 0, Math.abs(data[i] ?? 0) / 127);
  }
  const bytes = new Int8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    // A column of zeros has scale 0; its bytes stay 0.
    bytes[i] = Math.round((data[i] ?? 0) / (scales[i % cols] || 1));
  }
  return { bytes, scales };
}
