import type { NativeKernels } from '../../bindings/addon.ts';
import { assignRows, clusterDirections, normaliseRows } from '../estimator/k-means.ts';
import { Random } from '../nn/random.ts';

/** Difficulties that a quiz covers evenly. */
const STRATA = 5;

/** Prompts that a quiz can be made of. */
export interface QuizBank {
  readonly rows: number;
  readonly models: number;
  /** [rows, width] of the prompts' embeddings. */
  readonly embeddings: Float32Array;
  /** [rows, models] qualities predicted of the known models. */
  readonly predicted: Float32Array;
}

/**
 * Prompts to judge a new model by (LLM Bandit, arXiv 2502.02743): of each of five strata of difficulty the most
 * discriminating ones, whose predicted quality varies most over the known models, at most one of each cluster of prompts as long
 * as there are others.
 * @returns positions in the bank, ascending; all of them where there are no more than `size`
 */
export async function selectQuiz(
  bank: QuizBank,
  { size, seed, kernels, signal }: SelectQuizOptions,
): Promise<number[]> {
  if (bank.rows <= size) return [...Array(bank.rows).keys()];
  const width = bank.embeddings.length / bank.rows;
  const directions = {
    rows: bank.rows,
    dimension: width,
    values: normaliseRows(bank.embeddings.slice(), width),
  };
  const random = new Random(seed);
  const centres = await clusterDirections(directions, size, { kernels, random, signal });
  const { nearest } = assignRows(kernels, directions, centres);
  const { difficulty, discrimination } = describePrompts(bank);
  const ranked = [...difficulty.keys()].sort((a, b) => (difficulty[a] ?? 0) - (difficulty[b] ?? 0));
  const taken: number[] = [];
  const usedClusters = new Set<number>();
  for (let stratum = 0; stratum < STRATA; ++stratum) {
    const own = ranked
      .slice(Math.floor((stratum * bank.rows) / STRATA), Math.floor(((stratum + 1) * bank.rows) / STRATA))
      .sort((a, b) => (discrimination[b] ?? 0) - (discrimination[a] ?? 0));
    const wanted = Math.floor(((stratum + 1) * size) / STRATA) - Math.floor((stratum * size) / STRATA);
    const fresh: number[] = [];
    for (const row of own) {
      if (fresh.length === wanted) break;
      if (usedClusters.has(nearest[row] ?? -1)) continue;
      usedClusters.add(nearest[row] ?? -1);
      fresh.push(row);
    }
    const rest = own.filter((row) => !fresh.includes(row)).slice(0, wanted - fresh.length);
    taken.push(...fresh, ...rest);
  }
  return taken.sort((a, b) => a - b);
}

export interface SelectQuizOptions {
  readonly size: number;
  readonly seed: number;
  readonly kernels: NativeKernels;
  readonly signal: AbortSignal | undefined;
}

/** Of each prompt: the mean of the predicted qualities, the less the harder, and their variance. */
function describePrompts({ rows, models, predicted }: QuizBank) {
  const difficulty = new Float64Array(rows);
  const discrimination = new Float64Array(rows);
  for (let row = 0; row < rows; ++row) {
    const own = predicted.subarray(row * models, (row + 1) * models);
    const mean = own.reduce((sum, value) => sum + value, 0) / models;
    difficulty[row] = mean;
    discrimination[row] = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / models;
  }
  return { difficulty, discrimination };
}
