import { costOfRequestUsd, type ModelCost } from '../cost/model-cost.ts';
import type { ModelEntry } from '../data/models.ts';
import { subsetTable } from '../data/subset.ts';
import { type RoutingTable, rowCount } from '../data/table.ts';
import { PointsmanError } from '../errors.ts';
import type { QualityEstimator } from '../estimator/estimator.ts';
import { predictAll } from '../estimator/predict.ts';
import { actualCosts } from '../evaluate/costs.ts';
import type { EvaluationInput } from '../evaluate/input.ts';
import type { PromptEmbeddings } from './embed-prompts.ts';
import { labelledRows } from './embed-table.ts';

/** What is needed to hold a router against measured rows. */
export interface Contender {
  readonly estimator: QualityEstimator;
  /** In the order of the estimator's models. */
  readonly models: readonly { readonly id: string; readonly cost: ModelCost }[];
}

/**
 * Predictions of a router beside what was measured, on the given rows of a table whose columns are the router's models.
 * A decision sees predicted costs (counted tokens, mean answer length); it is scored on actual ones.
 */
export function evaluationInput(
  table: RoutingTable,
  embedded: PromptEmbeddings,
  rows: readonly number[],
  { estimator, models }: Contender,
  prices: ReadonlyMap<string, Pick<ModelEntry, 'inputPer1M' | 'outputPer1M'>>,
): { readonly input: EvaluationInput; readonly notes: readonly string[] } {
  const subset = subsetTable(table, rows);
  const counted = rows.map((row) => embedded.inputTokens[row] ?? 0);
  const { costsUsd, unpriced, notes } = actualCosts(subset, prices, counted);
  if (unpriced.length > 0) {
    const message = `no price and no measured cost for ${unpriced.join(', ')}: name a models.json with prices`;
    throw new PointsmanError('ERR_INVALID_PRICE', message);
  }
  const { embeddings } = labelledRows(table, embedded, rows);
  const predictedCostUsd = new Float64Array(rowCount(subset) * models.length);
  for (const [row, tokens] of counted.entries()) {
    for (const [column, model] of models.entries()) {
      predictedCostUsd[row * models.length + column] = costOfRequestUsd(model.cost, tokens);
    }
  }
  return {
    input: {
      models: subset.models,
      scores: subset.scores,
      costsUsd,
      predictedQuality: predictAll(estimator, embeddings, rows.length),
      predictedCostUsd,
      sources: subset.sources,
    },
    notes,
  };
}
