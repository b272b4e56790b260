import { loadAddon } from '../../bindings/load.ts';
import { Random } from '../nn/random.ts';
import type { LabelledEmbeddings } from './estimator.ts';
import { embeddingsOf } from './familiarity.ts';
import { assignRows, clusterDirections } from './k-means.ts';

/** Parts that rows are held out in at most; each costs a training. */
const MOST_PARTS = 4;

/** Clusters of prompts that stand for sources where the data names none. */
const CLUSTERS = 8;

/**
 * Parts of about equal size in which rows are held out topic by topic, so that those left tell of nothing like them: topics are
 * the data's sources, or clusters of its embeddings where it does not name two.
 * @returns the part of each row, from 0; all the same where there are no two topics
 */
export async function topicParts(
  data: LabelledEmbeddings,
  { seed, signal }: { readonly seed: number; readonly signal?: AbortSignal | undefined },
): Promise<number[]> {
  const sources = new Set(data.sources);
  const topics =
    data.sources !== undefined && sources.size >= 2 ? data.sources : await clusterRows(data, seed, signal);
  const sizes = new Map<string | number, number>();
  for (const topic of topics) sizes.set(topic, (sizes.get(topic) ?? 0) + 1);
  const loads = new Array<number>(Math.min(MOST_PARTS, sizes.size)).fill(0);
  const partOf = new Map<string | number, number>();
  for (const [topic, size] of [...sizes].sort(([, a], [, b]) => b - a)) {
    const lightest = loads.indexOf(Math.min(...loads));
    loads[lightest] = (loads[lightest] ?? 0) + size;
    partOf.set(topic, lightest);
  }
  return topics.map((topic) => partOf.get(topic) ?? 0);
}

async function clusterRows(
  data: LabelledEmbeddings,
  seed: number,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const { kernels } = loadAddon();
  const { width, values } = embeddingsOf(data);
  const directions = { rows: data.rows, dimension: width, values };
  const clusters = Math.min(CLUSTERS, data.rows);
  const centres = await clusterDirections(directions, clusters, {
    kernels,
    random: new Random(seed),
    signal,
  });
  return [...assignRows(kernels, directions, centres).nearest];
}
