import { loadAddon } from '../../bindings/load.ts';
import { findCommunities } from './communities.ts';
import type { LabelledEmbeddings, TrainingOptions } from './estimator.ts';
import { type Directions, normaliseRows } from './k-means.ts';
import { type NearestRows, nearestRows, neighbourGraph, type WeightedGraph } from './neighbour-graph.ts';
import { principalComponents } from './principal-components.ts';
import { RankOverlap, rankModels } from './rank-overlap.ts';

/** Neighbours of a prompt in the graph: set once, not tuned. */
const NEIGHBOURS = 15;

/** Principal components that neighbours are looked for in, as `knn` does. */
const COMPONENTS = 64;

/** Fewer prompts tell too little of a task, set once: such a community joins the one that it has the strongest edges to. */
const LEAST_ROWS = 20;

/** The task of a row that is in none. */
export const noTask = -1;

export interface TaskSettings {
  /** Of Leiden: the higher, the more and the smaller tasks. */
  readonly resolution: number;
  /** Share of the embeddings' similarity in an edge's weight; the rest is the overlap of the models' rankings. */
  readonly similarityShare: number;
}

/** The tasks of rows: from 0 on, the largest first, or `noTask`. */
export interface Tasks {
  readonly of: Int32Array;
  readonly count: number;
}

/** What every setting of discovery has in common: who is near whom, by embedding and by ranking. */
export interface TaskGraph {
  readonly nearest: NearestRows;
  /** Rank-biased overlap with each neighbour, as `nearest.similarities`. */
  readonly overlaps: Float32Array;
}

/** Neighbours by what `describe` was told of the prompts where it was given, else by the embedding. */
export async function taskGraph(data: LabelledEmbeddings, signal?: AbortSignal): Promise<TaskGraph> {
  const nearest = await nearestRows(comparedRows(data), NEIGHBOURS, signal);
  const overlap = new RankOverlap(rankModels(data), data.models.length);
  const overlaps = new Float32Array(nearest.neighbours.length);
  for (let at = 0; at < overlaps.length; ++at)
    overlaps[at] = overlap.of(Math.floor(at / nearest.k), nearest.neighbours[at] as number);
  return { nearest, overlaps };
}

function comparedRows({ rows, dimension, embeddings, descriptions }: LabelledEmbeddings): Directions {
  const [width, values] =
    descriptions === undefined ? [dimension, embeddings] : [descriptions.length / rows, descriptions];
  const directions = normaliseRows(values, width);
  if (width <= COMPONENTS) return { rows, dimension: width, values: directions };
  const { kernels } = loadAddon();
  const basis = principalComponents(kernels, directions, width, COMPONENTS);
  const projected = new Float32Array(rows * COMPONENTS);
  kernels.gemm(false, true, rows, COMPONENTS, width, directions, basis, projected, false);
  return { rows, dimension: COMPONENTS, values: normaliseRows(projected, COMPONENTS) };
}

/** FineRouter's first stage (arXiv 2603.19415): Leiden communities of the graph, small ones joined to others. */
export async function discoverTasks(
  { nearest, overlaps }: TaskGraph,
  { resolution, similarityShare }: TaskSettings,
  { seed = 0, signal }: TrainingOptions,
): Promise<Tasks> {
  const graph = neighbourGraph(nearest, (_row, _neighbour, at) => {
    const similarity = Math.max(0, nearest.similarities[at] as number);
    return similarityShare * similarity + (1 - similarityShare) * (overlaps[at] as number);
  });
  const communities = await findCommunities(graph, { resolution, seed, signal });
  return joinSmall(graph, communities);
}

/**
 * The smallest community of too few rows joins the one that its edges weigh most to, until none is left; without an edge
 * to another its rows have no task. Sums of weights between communities are kept as communities join.
 */
export function joinSmall(graph: WeightedGraph, communities: Int32Array): Tasks {
  const ties = tiesBetween(graph, communities);
  const sizes = new Map<number, number>();
  for (const community of communities) sizes.set(community, (sizes.get(community) ?? 0) + 1);
  const joined = new Map<number, number>();
  for (;;) {
    const small = smallest(sizes);
    if (small === null) break;
    const [target = noTask] = strongest(ties.get(small));
    const size = sizes.get(small) ?? 0;
    sizes.delete(small);
    joined.set(small, target);
    if (target === noTask) continue;
    sizes.set(target, (sizes.get(target) ?? 0) + size);
    mergeTies(ties, small, target);
  }
  // Too few rows for any: they are one task.
  if (sizes.size === 0) return { of: new Int32Array(communities.length), count: 1 };
  const names = new Map(
    [...sizes].sort(([a, x], [b, y]) => y - x || a - b).map(([community], index) => [community, index]),
  );
  const taskOf = (community: number): number => {
    let at = community;
    for (let next = joined.get(at); next !== undefined; next = joined.get(at)) at = next;
    return names.get(at) ?? noTask;
  };
  return { of: communities.map(taskOf), count: names.size };
}

type Ties = Map<number, Map<number, number>>;

function tiesBetween({ from, to, weights }: WeightedGraph, communities: Int32Array): Ties {
  const ties: Ties = new Map();
  const add = (a: number, b: number, weight: number) => {
    const own = ties.get(a) ?? new Map<number, number>();
    own.set(b, (own.get(b) ?? 0) + weight);
    ties.set(a, own);
  };
  for (const [edge, weight] of weights.entries()) {
    const a = communities[from[edge] as number] as number;
    const b = communities[to[edge] as number] as number;
    if (a === b) continue;
    add(a, b, weight);
    add(b, a, weight);
  }
  return ties;
}

/** The smallest of too few rows, the first of equal ones; null where all are large enough. */
function smallest(sizes: ReadonlyMap<number, number>): number | null {
  let found: number | null = null;
  let least = LEAST_ROWS;
  for (const [community, size] of sizes) {
    if (size >= least) continue;
    found = community;
    least = size;
  }
  return found;
}

function strongest(ties: ReadonlyMap<number, number> = new Map()): readonly [number?, number?] {
  let best: readonly [number?, number?] = [];
  for (const [other, weight] of ties) if (weight > (best[1] ?? 0)) best = [other, weight];
  return best;
}

function mergeTies(ties: Ties, from: number, into: number): void {
  const target = ties.get(into) ?? new Map<number, number>();
  for (const [other, weight] of ties.get(from) ?? []) {
    const back = ties.get(other);
    back?.delete(from);
    if (other === into) continue;
    target.set(other, (target.get(other) ?? 0) + weight);
    back?.set(into, (back.get(into) ?? 0) + weight);
  }
  ties.set(into, target);
  ties.delete(from);
}
