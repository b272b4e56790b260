import { describe, expect, it } from 'vitest';
import { RankOverlap, rankModels } from '../../lib/estimator/rank-overlap.ts';
import {
  assignTasks,
  calibrateClassifier,
  centreClassifier,
  classify,
  fitTaskClassifier,
  type TaskClassifier,
} from '../../lib/estimator/task-classifier.ts';
import { discoverTasks, joinSmall, noTask, taskGraph } from '../../lib/estimator/task-discovery.ts';
import { sumTaskScores, taskCandidates, taskPriors } from '../../lib/estimator/task-profiles.ts';
import { adjustedRandIndex } from '../../lib/evaluate/adjusted-rand-index.ts';
import { Random } from '../../lib/nn/random.ts';
import { plantedTasks } from './planted-tasks.ts';

/** Fitted and calibrated. */
async function trainTaskClassifier(...given: Parameters<typeof fitTaskClassifier>): Promise<TaskClassifier> {
  return calibrateClassifier(await fitTaskClassifier(...given), ...given);
}

const { data, taskOf } = plantedTasks(600, 6, 1);
const fresh = plantedTasks(300, 6, 2);
const settings = { resolution: 1, similarityShare: 0.5 };

const rowsOf = (...scores: number[][]) => ({
  rows: scores.length,
  dimension: 1,
  models: (scores[0] ?? []).map((_, model) => `${model}`),
  embeddings: new Float32Array(scores.length),
  scores: Float32Array.from(scores.flat()),
});

describe('rankings of models', () => {
  it('go by score, then by the mean, then by the order of the models; what was not run counts as its mean', () => {
    const rows = rowsOf([1, 0, 1, 0], [0, 1, 1, 0], [Number.NaN, 0, 1, 0]);
    // Means 0.5, 1/3, 1, 0.
    expect([...rankModels(rows)]).toEqual([2, 0, 1, 3, 2, 1, 0, 3, 2, 0, 1, 3]);
  });

  it('overlap as the formula says', () => {
    const overlap = new RankOverlap(Int32Array.of(0, 1, 2, 3, 3, 1, 0, 2), 4);
    const p = 0.9;
    // Common to the first one, two, three and four of both: none, 1; 0 and 1; all.
    const wanted = ((1 - p) / (1 - p ** 4)) * (0 + (p * 1) / 2 + (p ** 2 * 2) / 3 + (p ** 3 * 4) / 4);
    expect(overlap.of(0, 1)).toBeCloseTo(wanted, 12);
    expect(overlap.of(1, 0)).toBeCloseTo(wanted, 12);
    expect(overlap.of(0, 0)).toBeCloseTo(1, 12);
  });
});

describe('discovered tasks', () => {
  it('are the planted ones, the largest first', async () => {
    const tasks = await discoverTasks(await taskGraph(data), settings, { seed: 0 });
    expect(tasks.count).toBe(6);
    expect(adjustedRandIndex(tasks.of, taskOf)).toBeGreaterThan(0.9);
    const sizes = Array.from({ length: 6 }, (_, task) => tasks.of.filter((its) => its === task).length);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  });

  it('are told apart by rankings where embeddings say nothing', async () => {
    const random = new Random(5);
    const [rows, dimension, models] = [400, 60, 6];
    const halves = Int32Array.from({ length: rows }, (_, row) => row % 2);
    const blind = {
      rows,
      dimension,
      models: Array.from({ length: models }, (_, model) => `${model}`),
      embeddings: Float32Array.from({ length: rows * dimension }, () => random.normal()),
      // One half ranks the models as they are listed, the other the other way round.
      scores: Float32Array.from({ length: rows * models }, (_, cell) => {
        const rank = (cell % models) / models;
        return halves[Math.floor(cell / models)] === 0 ? rank : 1 - rank;
      }),
    };
    const graph = await taskGraph(blind);
    const agreement = async (similarityShare: number) => {
      const { of } = await discoverTasks(graph, { resolution: 0.5, similarityShare }, { seed: 0 });
      return adjustedRandIndex(of, halves);
    };
    expect(await agreement(0)).toBeGreaterThan(0.9);
    expect(await agreement(1)).toBeLessThan(0.1);
  });

  it('go by descriptions where the caller gives them', async () => {
    const descriptions = Float32Array.from({ length: 2 * data.rows }, (_, i) => {
      const angle = (taskOf[Math.floor(i / 2)] ?? 0) % 3;
      return i % 2 === 0 ? Math.cos(2 * angle) : Math.sin(2 * angle);
    });
    const graph = await taskGraph({ ...data, descriptions });
    const coarse = taskOf.map((task) => task % 3);
    for (let at = 0; at < graph.nearest.neighbours.length; at += 7) {
      const row = Math.floor(at / graph.nearest.k);
      expect(coarse[graph.nearest.neighbours[at] ?? -1]).toBe(coarse[row]);
    }
  });

  it('that are small join those they are tied to most, or are none', () => {
    // 30 nodes, 25 nodes, and 3 tied to both of which more to the second; 2 nodes tied to nobody.
    const communities = Int32Array.from({ length: 60 }, (_, node) =>
      node < 30 ? 4 : node < 55 ? 2 : node < 58 ? 7 : 9,
    );
    const graph = {
      nodes: 60,
      from: Int32Array.of(55, 56, 57, 58),
      to: Int32Array.of(0, 31, 32, 59),
      weights: Float32Array.of(1, 0.6, 0.6, 5),
    };
    const tasks = joinSmall(graph, communities);
    expect(tasks.count).toBe(2);
    expect([tasks.of[0], tasks.of[31], tasks.of[55], tasks.of[59]]).toEqual([0, 1, 1, noTask]);
  });

  it('are one where there are too few rows for any', () => {
    const none = { nodes: 3, from: new Int32Array(0), to: new Int32Array(0), weights: new Float32Array(0) };
    expect(joinSmall(none, Int32Array.of(0, 1, 2))).toEqual({ of: Int32Array.of(0, 0, 0), count: 1 });
  });
});

describe('profiles of tasks', () => {
  const rows = rowsOf([1, 0, Number.NaN], [1, 0, 0.5], [0, 1, 1], [0, 0, 0]);
  const tasks = { of: Int32Array.of(0, 0, 1, noTask), count: 2 };

  it('are means of known scores, drawn to the means over all rows', () => {
    const priors = taskPriors(sumTaskScores(rows, tasks), 2);
    const means = [0.5, 0.25, 0.5];
    const wanted = [
      (2 + 2 * 0.5) / 4,
      0.5 / 4,
      (0.5 + 2 * 0.5) / 3,
      1 / 3,
      (1 + 2 * 0.25) / 3,
      2 / 3,
      ...means,
    ];
    for (const [cell, value] of wanted.entries()) expect(priors[cell]).toBeCloseTo(value, 6);
  });

  it('have the fewest best models that cover the task, rows that tell nothing left out', () => {
    const scores = [
      [1, 0, 0],
      [1, 0, 0],
      [1, 0, 1],
      [0, 1, 0],
      [0, 0, 0], // nobody is best
      [1, 1, 1], // everybody
    ];
    const one = { of: new Int32Array(6), count: 1 };
    const candidates = (coverage: number) => {
      const given = rowsOf(...scores);
      return taskCandidates(given, one, taskPriors(sumTaskScores(given, one), 1), coverage);
    };
    expect(candidates(0.7)).toEqual([[0]]); // 3 of 4 rows
    expect(candidates(0.75)).toEqual([[0, 1]]);
    const silent = rowsOf([1, 1], [0, 0]);
    const none = { of: new Int32Array(2), count: 1 };
    expect(taskCandidates(silent, none, Float32Array.of(0.5, 0.5, 0.5, 0.5), 0.9)).toEqual([[0]]);
  });
});

describe('the classifier of tasks', () => {
  const tasks = { of: taskOf, count: 6 };
  const accuracy = (found: Int32Array) =>
    found.filter((task, row) => task === fresh.taskOf[row]).length / fresh.taskOf.length;

  it('names the task of prompts it has not seen, as sure as it is right', async () => {
    const classifier = await trainTaskClassifier(data, tasks, { seed: 0 });
    const said = classify(classifier, fresh.data.embeddings);
    expect(accuracy(said.task)).toBeGreaterThan(0.85);
    const confidence = said.confidence.reduce((sum, value) => sum + value, 0) / 300;
    expect(Math.abs(confidence - accuracy(said.task))).toBeLessThan(0.05);
    expect(accuracy(classify(centreClassifier(data, tasks), fresh.data.embeddings).task)).toBeGreaterThan(
      0.8,
    );
  });

  it('names none below the confidence asked for', () => {
    const said = { task: Int32Array.of(3, 1, 2), confidence: Float32Array.of(0.75, 0.5, 0.25) };
    expect([...assignTasks(said, 0.5)]).toEqual([3, 1, noTask]);
  });

  it('is not sure of what lies between tasks', async () => {
    const classifier = await trainTaskClassifier(data, tasks, { seed: 0 });
    const [a, b] = [0, 1].map((task) =>
      data.embeddings.subarray(task * data.dimension, (task + 1) * data.dimension),
    );
    const between = Float32Array.from(a ?? [], (value, d) => (value + (b?.[d] ?? 0)) / 2);
    const [sure = 0] = classify(classifier, data.embeddings.slice(0, data.dimension)).confidence;
    expect(classify(classifier, between).confidence[0]).toBeLessThan(sure);
  });

  it('is the same again with the same seed, and trains on no row of no task', async () => {
    const some = { of: taskOf.map((task, row) => (row < 100 ? noTask : task)), count: 6 };
    const first = await trainTaskClassifier(data, some, { seed: 3 });
    expect(await trainTaskClassifier(data, some, { seed: 3 })).toEqual(first);
    const changed = { ...data, embeddings: data.embeddings.slice() };
    changed.embeddings.fill(0.3, 0, 100 * data.dimension);
    expect(await trainTaskClassifier(changed, some, { seed: 3 })).toEqual(first);
  });
});
