import { Random } from '../nn/random.ts';

/** All of so many rows, or a random part of them, ascending. */
export function sampleRows(rows: number, most: number, seed: number): number[] {
  const all = Int32Array.from({ length: rows }, (_, row) => row);
  if (rows > most) new Random(seed).shuffle(all);
  return [...all.subarray(0, most).sort()];
}
