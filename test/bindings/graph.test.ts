import { describe, expect, test } from 'vitest';
import { loadAddon } from '../../bindings/load.ts';
import { failureOf, noise } from './support.ts';

const { graph } = loadAddon();
const i32 = (...values: number[]) => new Int32Array(values);
const f32 = (...values: number[]) => new Float32Array(values);
const invalid = (message: string) => ({ code: 'ERR_INVALID_ARGUMENT', message });
const options = { resolution: 1, theta: 0.01, seed: 0 };

/** Two triangles joined by a weak edge. */
const triangles = [
  6,
  i32(0, 0, 1, 3, 3, 4, 2),
  i32(1, 2, 2, 4, 5, 5, 3),
  f32(1, 1, 1, 1, 1, 1, 0.5),
] as const;

describe('leidenPass', () => {
  test('finds communities, the same from any start and again by seed', () => {
    const wanted = i32(0, 0, 0, 1, 1, 1);
    expect(graph.leidenPass(...triangles, options)).toEqual(wanted);
    expect(graph.leidenPass(...triangles, options)).toEqual(wanted);
    expect(graph.leidenPass(...triangles, { ...options, start: i32(5, 5, 5, 5, 5, 5) })).toEqual(wanted);
    expect(graph.leidenPass(...triangles, { ...options, resolution: 20 })).toEqual(i32(0, 1, 2, 3, 4, 5));
  });

  test('takes a graph without nodes or edges', () => {
    expect(graph.leidenPass(0, i32(), i32(), f32(), options)).toEqual(i32());
    expect(graph.leidenPass(2, i32(), i32(), f32(), options)).toEqual(i32(0, 1));
  });

  test('refuses what is no graph, no option and no start', () => {
    const pass = (...given: unknown[]) =>
      failureOf(() => (graph.leidenPass as (...args: unknown[]) => unknown)(...given));
    const [nodes, from, to, weights] = triangles;
    expect(pass(2, from, to, weights, options)).toEqual(
      invalid('graph: edge 1: expected nodes below 2, got 0 and 2'),
    );
    expect(pass(nodes, i32(-1, 0, 0, 0, 0, 0, 0), to, weights, options)).toEqual(
      invalid('graph: edge 0: expected nodes of at least 0, got -1'),
    );
    expect(pass(nodes, from, to.subarray(1), weights, options)).toEqual(
      invalid('graph: from, to and weights must have one length, got 7, 6 and 7'),
    );
    expect(
      pass(
        nodes,
        from,
        to,
        weights.map(() => -1),
        options,
      ),
    ).toEqual(invalid('graph: edge 0: expected a finite weight of at least 0, got -1.000000'));
    expect(pass(nodes, f32(1), to, weights, options)).toEqual(
      invalid('graph: from must be an Int32Array, got a Float32Array'),
    );
    expect(pass(2 ** 31, i32(), i32(), f32(), options)).toEqual(
      invalid('graph: expected fewer than 2^31 nodes'),
    );
    expect(pass(nodes, from, to, weights, { ...options, theta: 0 })).toEqual(
      invalid(
        'leiden: expected a resolution and a theta that are finite and above 0, got 1.000000 and 0.000000',
      ),
    );
    expect(pass(nodes, from, to, weights, { ...options, seed: -1 })).toEqual(
      invalid('leidenPass: seed must be a whole number from 0 to 2^53 - 1, got -1'),
    );
    expect(pass(nodes, from, to, weights, { ...options, start: i32(0) })).toEqual(
      invalid('leiden: expected a start of 6 communities, got 1'),
    );
    expect(pass(nodes, from, to, weights, { ...options, start: i32(0, 0, 0, 0, 0, -2) })).toEqual(
      invalid('leidenPass: start must not be negative, got -2'),
    );
    expect(pass(nodes, from, to, weights)).toEqual(
      invalid('leidenPass: options must be an object, got undefined'),
    );
  });
});

describe('modularity', () => {
  test('is what is inside beyond chance', () => {
    // Per triangle 3 of 6.5 inside, and strengths of 6.5 of 13.
    expect(graph.modularity(...triangles, i32(0, 0, 0, 4, 4, 4), 1)).toBeCloseTo(2 * (3 / 6.5 - 0.25), 12);
    expect(graph.modularity(...triangles, i32(0, 0, 0, 0, 0, 0), 1)).toBeCloseTo(0, 12);
  });

  test('refuses communities that are not one for each node', () => {
    const message = 'modularity: expected a community from 0 to nodes - 1 for each of 6 nodes';
    expect(failureOf(() => graph.modularity(...triangles, i32(0), 1))).toEqual(invalid(message));
    expect(failureOf(() => graph.modularity(...triangles, i32(0, 0, 0, 0, 0, 6), 1))).toEqual(
      invalid(message),
    );
  });
});

describe('nearestRows', () => {
  test('finds the rows of the largest inner products, not the row itself', () => {
    const rows = f32(1, 0, 0.9, 0.1, 0, 1, -1, 0);
    const [neighbours, similarities] = [new Int32Array(8), new Float32Array(8)];
    graph.nearestRows(rows, 2, 2, 0, 4, neighbours, similarities);
    expect(neighbours).toEqual(i32(1, 2, 0, 2, 1, 0, 2, 1));
    expect(similarities).toEqual(f32(0.9, 0, 0.9, 0.1, 0.1, 0, 0, -0.9));
  });

  test('refuses arrays that do not fit or share memory', () => {
    const rows = noise(20);
    const [neighbours, similarities] = [new Int32Array(10), new Float32Array(10)];
    const search = (...given: unknown[]) =>
      failureOf(() => (graph.nearestRows as (...args: unknown[]) => void)(...given));
    expect(search(rows, 2, 1, 0, 10, similarities, similarities)).toEqual(
      invalid('nearestRows: neighbours must be an Int32Array, got a Float32Array'),
    );
    expect(search(rows, 2, 10, 0, 1, neighbours, similarities)).toEqual(
      invalid('nearest rows: expected a k below the number of rows, 10, got 10'),
    );
    expect(search(rows, 2, 1, 0, 9, neighbours, similarities)).toEqual(
      invalid('nearest rows: neighbours: expected 9 values, got 10'),
    );
    const shared = new Int32Array(rows.buffer, 0, 10);
    expect(search(rows, 2, 1, 0, 10, shared, similarities)).toEqual(
      invalid('nearestRows: neighbours must not share memory with another array: pass a copy'),
    );
    expect(search(rows, 2, 1, 0, 10, neighbours, rows.subarray(0, 10))).toEqual(
      invalid('nearestRows: similarities must not share memory with rows: pass a copy'),
    );
  });
});
