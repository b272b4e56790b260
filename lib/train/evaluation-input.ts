import { type CostHead, costValues } from '../cost/cost-head.ts';
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

/** What heads said of some rows, [rows, models] each. */
export interface RowPredictions {
  readonly quality: Float32Array;
  /** Of the cost head; null without one. */
  readonly costValues: Float32Array | null;
}

/** Measured prompts, those whose predictions are asked for among them, and what runs cost. */
export interface MeasuredRows {
  readonly table: RoutingTable;
  readonly embedded: PromptEmbeddings;
  readonly prices: ReadonlyMap<string, Price>;
}

export interface EvaluatedRows {
  readonly input: EvaluationInput;
  /** How costs came about, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Predictions of a router beside what was measured, on the given rows of a table whose columns are the router's models.
 * A decision sees predicted costs (counted tokens, predicted answer length); it is scored on actual ones.
 */
export function evaluationInput(
  measured: MeasuredRows,
  rows: readonly number[],
  { estimator, models, costHead }: Contender,
): EvaluatedRows {
  const { embeddings } = labelledRows(measured.table, measured.embedded, rows);
  return inputOfPredictions(measured, rows, models, {
    quality: predictAll(estimator, embeddings, rows.length),
    costValues: costHead === null ? null : costValues(costHead, embeddings, rows.length),
  });
}

/** The same of predictions that were made before: row i of theirs is row `rows[i]` of the table. */
export function inputOfPredictions(
  { table, embedded, prices }: MeasuredRows,
  rows: readonly number[],
  models: readonly PricedModel[],
  predicted: RowPredictions,
): EvaluatedRows {
  const subset = subsetTable(table, rows);
  const counted = rows.map((row) => embedded.inputTokens[row] ?? 0);
  const { costsUsd, unpriced, notes } = actualCosts(subset, prices, counted);
  if (unpriced.length > 0) {
    const message = `no price and no measured cost for ${unpriced.join(', ')}: name a models.json with prices`;
    throw new PointsmanError('ERR_INVALID_PRICE', message);
  }
  const input = {
    models: subset.models,
    scores: subset.scores,
    costsUsd,
    predictedQuality: predicted.quality,
    predictedCostUsd: predictCostsUsd(models, predicted.costValues, counted),
    sources: subset.sources,
    groups: subset.groups,
    promptLengths: subset.prompts.map(({ length }) => length),
  };
  return { input, notes };
}
