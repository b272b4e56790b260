/** What benches of models that are added to a router have in common. */
import { costValues } from '../lib/cost/cost-head.ts';
import { predictCostsUsd } from '../lib/cost/predict-costs.ts';
import type { Split } from '../lib/data/split.ts';
import { subsetTable } from '../lib/data/subset.ts';
import type { RoutingTable } from '../lib/data/table.ts';
import type { QualityEstimator } from '../lib/estimator/estimator.ts';
import { estimatorFactory } from '../lib/estimator/registry.ts';
import { actualCosts } from '../lib/evaluate/costs.ts';
import { evaluate } from '../lib/evaluate/evaluate.ts';
import type { PromptEmbeddings } from '../lib/train/embed-prompts.ts';
import { labelledRows } from '../lib/train/embed-table.ts';
import type { fitModelCosts } from '../lib/train/model-costs.ts';

/** An estimator of the training rows, with settings chosen on the validation rows. */
export function train(
  kind: string,
  table: RoutingTable,
  embedded: PromptEmbeddings,
  split: Split,
  seed: number,
): Promise<QualityEstimator> {
  const training = labelledRows(table, embedded, split.train);
  return estimatorFactory(kind).train(training, labelledRows(table, embedded, split.validation), { seed });
}

/** The test rows, with everything that the contenders share. */
export interface Contest {
  readonly embeddings: Float32Array;
  /** [test rows, models] */
  readonly scores: Float32Array;
  readonly gapClosed: (predictedQuality: Float32Array) => number;
}

export function contestOf(
  table: RoutingTable,
  embedded: PromptEmbeddings,
  split: Split,
  { models, costHead }: ReturnType<typeof fitModelCosts>,
  prices: Parameters<typeof actualCosts>[1],
): Contest {
  const counted = split.test.map((row) => embedded.inputTokens[row] ?? 0);
  const { embeddings, scores } = labelledRows(table, embedded, split.test);
  const { costsUsd } = actualCosts(subsetTable(table, split.test), prices, counted);
  const predictedCostUsd = predictCostsUsd(
    models,
    costHead === null ? null : costValues(costHead, embeddings, counted.length),
    counted,
  );
  return {
    embeddings,
    scores,
    gapClosed: (predictedQuality) => {
      const input = { models: table.models, scores, costsUsd, predictedQuality, predictedCostUsd };
      return evaluate(input, { resamples: 0 }).gapClosed ?? Number.NaN;
    },
  };
}

/** Old columns with the given one put in at `column`: [rows, models]. */
export function joinColumn(
  old: Float32Array,
  models: number,
  column: number,
  quality: (row: number) => number,
): Float32Array {
  return Float32Array.from({ length: (old.length / (models - 1)) * models }, (_, cell) => {
    const [row, at] = [Math.floor(cell / models), cell % models];
    return at === column ? quality(row) : (old[row * (models - 1) + at - (at > column ? 1 : 0)] ?? 0);
  });
}

export function errorsOf(
  scores: Float32Array,
  models: number,
  column: number,
  quality: (row: number) => number,
): { readonly mae: number; readonly brier: number } {
  const errors = Array.from({ length: scores.length / models }, (_, row) => {
    return quality(row) - (scores[row * models + column] ?? Number.NaN);
  }).filter((error) => !Number.isNaN(error));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mae: mean(errors.map(Math.abs)), brier: mean(errors.map((error) => error ** 2)) };
}
