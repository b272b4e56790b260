import { UndirectedGraph } from 'graphology';
import louvainPackage from 'graphology-communities-louvain';
import { describe, expect, it } from 'vitest';
import { openEngine } from '../../bindings/engine.ts';
import { findCommunities, modularity } from '../../lib/estimator/communities.ts';
import { normaliseRows } from '../../lib/estimator/k-means.ts';
import { nearestRows, neighbourGraph, type WeightedGraph } from '../../lib/estimator/neighbour-graph.ts';
import { Random } from '../../lib/nn/random.ts';
import { encoder } from '../bindings/support.ts';
import { readRealPrompts } from '../engine/real-prompts.ts';
import { noSharedData, sharedData } from '../support/shared-data.ts';

/** A CommonJS module that is the function itself, though its types say that this is its `default`. */
const louvain = louvainPackage as unknown as typeof louvainPackage.default;

function randomGraph(nodes: number, edges: number, seed: number): WeightedGraph {
  const random = new Random(seed);
  const ends = () => Int32Array.from({ length: edges }, () => random.integer(nodes));
  const [from, to] = [ends(), ends()];
  return {
    nodes,
    from,
    to,
    // A loop counts otherwise in the other package: none.
    weights: Float32Array.from(from, (node, i) => (node === to[i] ? 0 : 0.1 + random.uniform())),
  };
}

/** Neighbours among points around a few centres. */
async function pointGraph(points: number, seed: number): Promise<WeightedGraph> {
  const [random, dimension, centres] = [new Random(seed), 16, 9];
  const centre = Float32Array.from({ length: centres * dimension }, () => random.normal());
  const values = Float32Array.from({ length: points * dimension }, (_, i) => {
    const its = Math.floor(i / dimension) % centres;
    return (centre[its * dimension + (i % dimension)] ?? 0) + 0.8 * random.normal();
  });
  return similarityGraph(values, dimension);
}

async function similarityGraph(values: Float32Array, dimension: number): Promise<WeightedGraph> {
  const directions = { rows: values.length / dimension, dimension, values: normaliseRows(values, dimension) };
  const nearest = await nearestRows(directions, 10, undefined);
  return neighbourGraph(nearest, (_row, _neighbour, at) => Math.max(0, nearest.similarities[at] ?? 0));
}

/** The communities of the highest modularity that Louvain finds with five seeds. */
function bestOfLouvain({ nodes, from, to, weights }: WeightedGraph, resolution: number): Int32Array {
  const graph = new UndirectedGraph();
  for (let node = 0; node < nodes; ++node) graph.addNode(node);
  for (const [i, weight] of weights.entries()) {
    if (weight === 0) continue;
    graph.updateEdge(from[i], to[i], (edge) => ({ weight: (edge.weight ?? 0) + weight }));
  }
  const tried = [1, 2, 3, 4, 5].map((seed) => {
    const random = new Random(seed);
    return louvain.detailed(graph, { resolution, rng: () => random.uniform() });
  });
  const best = tried.reduce((a, b) => (b.modularity > a.modularity ? b : a));
  return Int32Array.from({ length: nodes }, (_, node) => best.communities[node] ?? -1);
}

async function expectNoWorse(graph: WeightedGraph): Promise<void> {
  for (const resolution of [0.5, 1, 4]) {
    const found = await findCommunities(graph, { resolution, seed: 0 });
    const other = modularity(graph, bestOfLouvain(graph, resolution), resolution);
    expect(modularity(graph, found, resolution)).toBeGreaterThanOrEqual(other - 1e-9);
    expect(other).toBeGreaterThan(0.1);
  }
}

describe('communities', () => {
  it.each([1, 2, 3])('of random graphs have no lower modularity than those of Louvain, %d', async (seed) => {
    await expectNoWorse(randomGraph(100, 300, seed));
    await expectNoWorse(randomGraph(400, 2000, seed));
  });

  it.each([1, 2])('of points around centres have no lower modularity than those of Louvain, %d', (seed) =>
    pointGraph(900, seed).then(expectNoWorse),
  );

  it.skipIf(sharedData === null)(
    `of real prompts have no lower modularity than those of Louvain (${noSharedData})`,
    async () => {
      using engine = openEngine(encoder);
      const { embeddings } = engine.embed(readRealPrompts(sharedData ?? '', 900));
      await expectNoWorse(await similarityGraph(embeddings, engine.dimension));
    },
  );

  it('are the same again with the same seed', async () => {
    const graph = randomGraph(300, 900, 7);
    const find = (seed: number) => findCommunities(graph, { resolution: 1, seed });
    expect(await find(3)).toEqual(await find(3));
  });

  it('stop with ERR_ABORTED when the signal is aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const aborted = expect.objectContaining({ code: 'ERR_ABORTED' });
    const graph = randomGraph(50, 90, 1);
    await expect(findCommunities(graph, { resolution: 1, seed: 0, signal })).rejects.toThrow(aborted);
    const directions = { rows: 4, dimension: 1, values: Float32Array.of(1, 1, 1, 1) };
    await expect(nearestRows(directions, 2, signal)).rejects.toThrow(aborted);
  });
});

describe('a neighbour graph', () => {
  it('has an edge for each pair of which one names the other, once', async () => {
    // On a line: the first two name each other, the third names the second, alone.
    const values = Float32Array.of(1, 0, Math.cos(0.1), Math.sin(0.1), Math.cos(0.9), Math.sin(0.9));
    const nearest = await nearestRows({ rows: 3, dimension: 2, values }, 1, undefined);
    const { nodes, from, to, weights } = neighbourGraph(nearest, (row, neighbour) => 10 * row + neighbour);
    expect(nodes).toBe(3);
    expect([...from].map((node, i) => [node, to[i], weights[i]])).toEqual([
      [0, 1, 1],
      [2, 1, 21],
    ]);
  });

  it('takes all others where there are fewer than asked for', async () => {
    const rows = { rows: 3, dimension: 1, values: Float32Array.of(1, 1, 1) };
    expect((await nearestRows(rows, 10, undefined)).k).toBe(2);
    expect((await nearestRows({ ...rows, rows: 1, values: Float32Array.of(1) }, 10, undefined)).k).toBe(0);
  });
});
