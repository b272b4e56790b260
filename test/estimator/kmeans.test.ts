import { describe, expect, it } from 'vitest';
import { loadAddon } from '../../bindings/load.ts';
import type { LabelledEmbeddings } from '../../lib/estimator/estimator.ts';
import { assignRows, clusterDirections, normaliseRows } from '../../lib/estimator/k-means.ts';
import { kmeansFactory } from '../../lib/estimator/kmeans.ts';
import { predictAll } from '../../lib/estimator/predict.ts';
import { Random } from '../../lib/nn/random.ts';
import { plantedData, replaceScores } from './planted.ts';

const { kernels } = loadAddon();
const training = plantedData(600, 31);
const validation = plantedData(200, 32);
const test = plantedData(200, 33);

/** Rows around the first `topics` axes, of any length, and the topic of each. */
function plantedTopics(rows: number, topics: number, dimension: number) {
  const random = new Random(4);
  const topic = Int32Array.from({ length: rows }, () => random.integer(topics));
  const values = Float32Array.from({ length: rows * dimension }, (_, cell) => {
    const isAxis = cell % dimension === topic[Math.floor(cell / dimension)];
    return (isAxis ? 1 : 0) + 0.15 * random.normal();
  });
  for (let row = 0; row < rows; ++row) {
    const scale = 0.1 + 5 * random.uniform();
    const part = values.subarray(row * dimension, (row + 1) * dimension);
    part.set(part.map((value) => scale * value));
  }
  return { topic, values };
}

describe('spherical k-means', () => {
  const cluster = (values: Float32Array, dimension: number, clusters: number, seed = 0) =>
    clusterDirections({ rows: values.length / dimension, dimension, values }, clusters, {
      kernels,
      random: new Random(seed),
      signal: undefined,
    });

  it('finds planted topics, whatever the lengths of the rows', async () => {
    const { topic, values } = plantedTopics(900, 5, 12);
    const directions = { rows: 900, dimension: 12, values: normaliseRows(values, 12) };
    const centres = await cluster(directions.values, 12, 5);
    const { nearest } = assignRows(kernels, directions, centres);
    const pairs = new Set([...nearest].map((found, row) => `${found} ${topic[row]}`));
    expect(pairs.size).toBe(5);
  });

  it('gives centres of length 1, each the direction of the mean of its rows', async () => {
    const values = normaliseRows(training.embeddings, training.dimension);
    const directions = { rows: training.rows, dimension: training.dimension, values };
    const centres = await cluster(values, training.dimension, 3);
    const { nearest } = assignRows(kernels, directions, centres);
    for (let c = 0; c < 3; ++c) {
      const sum = new Float64Array(training.dimension);
      for (const [row, found] of nearest.entries()) {
        if (found === c)
          for (const d of sum.keys()) sum[d] = (sum[d] as number) + (values[row * sum.length + d] as number);
      }
      const length = Math.hypot(...sum);
      const centre = centres.subarray(c * sum.length, (c + 1) * sum.length);
      expect(Math.hypot(...centre)).toBeCloseTo(1, 5);
      const cosine = centre.reduce((total, value, d) => total + (value * (sum[d] as number)) / length, 0);
      expect(cosine).toBeGreaterThan(0.999);
    }
  });

  it('ends where rows are fewer than centres can be told apart, or have no direction', async () => {
    const equal = Float32Array.from({ length: 40 }, (_, cell) => (cell % 2 === 0 ? 1 : 0));
    expect(await cluster(equal, 2, 4)).toEqual(Float32Array.of(1, 0, 1, 0, 1, 0, 1, 0));
    const none = await cluster(new Float32Array(40), 2, 3);
    expect(none.every(Number.isFinite)).toBe(true);
    expect(normaliseRows(Float32Array.of(0, 0, 3, 4), 2)).toEqual(Float32Array.of(0, 0, 0.6, 0.8));
  });

  it('draws other first centres with another seed', async () => {
    const values = normaliseRows(training.embeddings, training.dimension);
    const [first, second] = await Promise.all(
      [1, 2].map((seed) => cluster(values, training.dimension, 16, seed)),
    );
    expect(first).not.toEqual(second);
  });
});

describe('the kmeans estimator', () => {
  it('is the mean over the nearest clusters of means shrunk to the model mean, missing cells left out', async () => {
    const masked = replaceScores(training, 1, 0.5, Number.NaN);
    const estimator = await kmeansFactory.train(masked, validation, {});
    const { config, tensors } = estimator.state();
    const { dimension, models } = training;
    const centroids = tensors.centroids?.data ?? new Float32Array(0);
    const prior = tensors.prior?.data ?? [];
    const [clusters, nearest, shrinkage] = [config.clusters, config.nearest, config.shrinkage].map(
      Number,
    ) as [number, number, number];
    const rank = (row: Float32Array) =>
      Array.from({ length: clusters }, (_, c) =>
        row.reduce((sum, value, d) => sum + value * (centroids[c * dimension + d] as number), 0),
      )
        .map((similarity, c) => ({ similarity, c }))
        .sort((a, b) => b.similarity - a.similarity)
        .map(({ c }) => c);
    const rowOf = (data: LabelledEmbeddings, row: number) =>
      data.embeddings.subarray(row * dimension, (row + 1) * dimension);
    const home = Array.from({ length: masked.rows }, (_, row) => rank(rowOf(masked, row))[0]);
    const profile = (c: number, model: number) => {
      const known = home
        .flatMap((found, row) => (found === c ? [masked.scores[row * models.length + model] as number] : []))
        .filter((score) => !Number.isNaN(score));
      const sum = known.reduce((total, score) => total + score, 0) + shrinkage * (prior[model] as number);
      return known.length + shrinkage > 0 ? sum / (known.length + shrinkage) : Number.NaN;
    };
    const predictions = predictAll(estimator, test.embeddings, test.rows);
    for (const row of [0, 9, 77, 199]) {
      const near = rank(rowOf(test, row)).slice(0, nearest);
      for (let model = 0; model < models.length; ++model) {
        const means = near.map((c) => profile(c, model)).filter((mean) => !Number.isNaN(mean));
        const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
        expect(predictions[row * models.length + model]).toBeCloseTo(mean, 5);
      }
    }
  });

  it('trains on a handful of rows, and where a model was run in one cluster only', async () => {
    const few = plantedData(7, 21);
    const scores = few.scores.slice();
    for (let row = 1; row < few.rows; ++row) scores[row * few.models.length] = Number.NaN;
    const estimator = await kmeansFactory.train({ ...few, scores }, validation, {});
    const predictions = predictAll(estimator, test.embeddings, test.rows);
    expect(predictions.every(Number.isFinite)).toBe(true);
    const first = predictions.filter((_, cell) => cell % few.models.length === 0);
    expect(new Set(first)).toEqual(new Set([few.scores[0]]));
  });
});
