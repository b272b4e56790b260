import { type CostHead, costValues } from './cost-head.ts';
import { estimateCost } from './estimate-cost.ts';
import type { PricedModel } from './price-models.ts';

/**
 * Expected costs in USD of many prompts on every model, [rows, models]: the head and the estimate that serve requests.
 * @param costHead null: means stand in for predictions
 * @param embeddings [rows, dimension]
 * @param inputTokens tokens of each whole prompt by the encoder's tokeniser, one per row
 */
export function predictCostsUsd(
  models: readonly PricedModel[],
  costHead: CostHead | null,
  embeddings: Float32Array,
  inputTokens: readonly number[],
): Float64Array {
  const values = costHead === null ? null : costValues(costHead, embeddings, inputTokens.length);
  const costsUsd = new Float64Array(inputTokens.length * models.length);
  for (const [row, tokens] of inputTokens.entries()) {
    for (const [column, { cost }] of models.entries()) {
      const cell = row * models.length + column;
      costsUsd[cell] = estimateCost(cost, { inputTokens: tokens }, values?.[cell] ?? null).costUsd;
    }
  }
  return costsUsd;
}
