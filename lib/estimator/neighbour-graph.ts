import { loadAddon } from '../../bindings/load.ts';
import { checkpoint } from './checkpoint.ts';
import type { Directions } from './k-means.ts';

/** Multiply-adds between looks at the signal: some tenths of a second on one core. */
const WORK_PER_PART = 1e10;

/** The k rows most like each row, nearest first; [rows, k]. */
export interface NearestRows {
  readonly k: number;
  readonly neighbours: Int32Array;
  readonly similarities: Float32Array;
}

/** Exact, in parts, so that an abort can arrive. Of fewer than k other rows all are taken. */
export async function nearestRows(
  { rows, dimension, values }: Directions,
  most: number,
  signal: AbortSignal | undefined,
): Promise<NearestRows> {
  const { graph } = loadAddon();
  const k = Math.min(most, rows - 1);
  const neighbours = new Int32Array(rows * k);
  const similarities = new Float32Array(rows * k);
  if (k === 0) return { k, neighbours, similarities };
  const part = Math.max(256, Math.floor(WORK_PER_PART / (rows * dimension)));
  for (let first = 0; first < rows; first += part) {
    await checkpoint(signal);
    const count = Math.min(part, rows - first);
    const [from, to] = [first * k, (first + count) * k];
    const found = similarities.subarray(from, to);
    graph.nearestRows(values, dimension, k, first, count, neighbours.subarray(from, to), found);
  }
  return { k, neighbours, similarities };
}

/** A weighted undirected graph; edge i joins `from[i]` and `to[i]`. */
export interface WeightedGraph {
  readonly nodes: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly weights: Float32Array;
}

/** An edge between each row and its neighbours, once where both name the other. */
export function neighbourGraph(
  { k, neighbours }: NearestRows,
  weigh: (row: number, neighbour: number, at: number) => number,
): WeightedGraph {
  const nodes = k === 0 ? 1 : neighbours.length / k;
  const [from, to, weights]: [number[], number[], number[]] = [[], [], []];
  for (let at = 0; at < neighbours.length; ++at) {
    const [row, neighbour] = [Math.floor(at / k), neighbours[at] as number];
    if (neighbour < row && isAmong(neighbours, neighbour * k, k, row)) continue;
    from.push(row);
    to.push(neighbour);
    weights.push(weigh(row, neighbour, at));
  }
  return {
    nodes,
    from: Int32Array.from(from),
    to: Int32Array.from(to),
    weights: Float32Array.from(weights),
  };
}

function isAmong(values: Int32Array, start: number, count: number, wanted: number): boolean {
  for (let at = start; at < start + count; ++at) if (values[at] === wanted) return true;
  return false;
}
