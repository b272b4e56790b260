import type { CostHead } from '../cost/cost-head.ts';
import { predictCostsUsd } from '../cost/predict-costs.ts';
import type { Price } from '../cost/price.ts';
import type { PricedModel } from '../cost/price-models.ts';
import { subsetTable } from '../data/subset.ts';
import type { RoutingTable } from '../data/table.ts';
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
  readonly models: readonly PricedModel[];
  /** null where no answer's length or cost is predicted by the prompt. */
  readonly costHead: CostHead | null;
}

/**
 * Predictions of a router beside what was measured, on the given rows of a table whose columns are the router's models.
 * A decision sees predicted costs (counted tokens, predicted answer length); it is scored on actual ones.
 */
export function evaluationInput(
  table: RoutingTable,
  embedded: PromptEmbeddings,
  rows: readonly number[],
  { estimator, models, costHead }: Contender,
  prices: ReadonlyMap<string, Price>,
): { readonly input: EvaluationInput; readonly notes: readonly string[] } {
  const subset = subsetTable(table, rows);
  const counted = rows.map((row) => embedded.inputTokens[row] ?? 0);
  const { costsUsd, unpriced, notes } = actualCosts(subset, prices, counted);
  if (unpriced.length > 0) {
    const message = `no price and no measured cost for ${unpriced.join(', ')}: name a models.json with prices`;
    throw new PointsmanError('ERR_INVALID_PRICE', message);
  }
  const { embeddings } = labelledRows(table, embedded, rows);
  return {
    input: {
      models: subset.models,
      scores: subset.scores,
      costsUsd,
      predictedQuality: predictAll(estimator, embeddings, rows.length),
      predictedCostUsd: predictCostsUsd(models, costHead, embeddings, counted),
      sources: subset.sources,
      groups: subset.groups,
      promptLengths: subset.prompts.map(({ length }) => length),
    },
    notes,
  };
}
