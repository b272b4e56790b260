import { checkModel, describe } from '../check.ts';
import { PointsmanError } from '../errors.ts';
import type { Price } from '../options.ts';
import type { ModelCost } from './model-cost.ts';

export interface PricedModel {
  readonly id: string;
  readonly cost: ModelCost;
}

/**
 * The artifact's models with the user's own prices in place of the stored ones. A model whose stored cost is per
 * request has no mean answer length: the user's prices then count input tokens only, at the mean of both prices.
 */
export function priceModels(
  models: readonly PricedModel[],
  prices: Readonly<Record<string, Price>>,
): readonly PricedModel[] {
  const ids = models.map((model) => model.id);
  for (const [id, price] of Object.entries(prices)) {
    checkModel(id, ids);
    checkPrice(id, 'inputPer1M', price?.inputPer1M);
    checkPrice(id, 'outputPer1M', price?.outputPer1M);
  }
  return models.map(({ id, cost }) => {
    const price = prices[id];
    if (price === undefined) return { id, cost };
    const meanOutputTokens = cost.kind === 'per-token' ? cost.meanOutputTokens : null;
    const { inputPer1M, outputPer1M } = price;
    return { id, cost: { kind: 'per-token', inputPer1M, outputPer1M, meanOutputTokens } };
  });
}

/** Throws ERR_INVALID_PRICE unless `value` is a finite number of at least 0. */
export function checkPrice(model: string, field: string, value: unknown): void {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return;
  throw new PointsmanError(
    'ERR_INVALID_PRICE',
    `${field} of model "${model}" must be a number of at least 0 (USD per 1M tokens), got ${describe(value)}`,
  );
}
