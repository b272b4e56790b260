import { estimateCost } from './estimate-cost.ts';
import type { PricedModel } from './price-models.ts';

/**
 * Expected costs in USD of many prompts on every model, [rows, models]: the estimate that serves requests.
 * @param values of the cost head, [rows, models]; null: means stand in for predictions
 * @param inputTokens tokens of each whole prompt by the encoder's tokeniser, one per row
 */
export function predictCostsUsd(
  models: readonly PricedModel[],
  values: Float32Array | null,
  inputTokens: readonly number[],
): Float64Array {
  const costsUsd = new Float64Array(inputTokens.length * models.length);
  for (const [row, tokens] of inputTokens.entries()) {
    for (const [column, { cost }] of models.entries()) {
      const cell = row * models.length + column;
      costsUsd[cell] = estimateCost(cost, { inputTokens: tokens }, values?.[cell] ?? null).costUsd;
    }
  }
  return costsUsd;
}
