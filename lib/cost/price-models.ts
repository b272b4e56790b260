import { checkModel, checkNames, describe } from '../check.ts';
import { PointsmanError } from '../errors.ts';
import type { ModelCost, PerTokenCost } from './model-cost.ts';
import { ownPriceNames, pickOwnPrices, withOwnPrices } from './own-prices.ts';
import type { Price, PriceTier } from './price.ts';
import type { PriceCatalogue, SourcedPrice } from './price-catalogue.ts';

export interface PricedModel {
  readonly id: string;
  readonly cost: ModelCost;
}

/**
 * The artifact's models with the user's own prices in place of all stored ones. A model whose stored cost is per
 * request has no mean answer length: the user's prices then count input tokens only, at the mean of both prices.
 */
export function priceModels(
  models: readonly PricedModel[],
  prices: Readonly<Record<string, Price>>,
): readonly PricedModel[] {
  const ids = models.map((model) => model.id);
  for (const [id, price] of Object.entries(prices)) {
    checkModel(id, ids);
    checkPrices(id, price);
  }
  return models.map(({ id, cost }) => {
    const price = prices[id];
    return price === undefined
      ? { id, cost }
      : { id, cost: reprice(cost, { price, source: { kind: 'user' } }) };
  });
}

/**
 * The models with the catalogue's prices where the stored ones came from it; what the user stated beside them stays.
 * ERR_INVALID_PRICE names those that it no longer lists.
 */
export function refreshPrices(
  models: readonly PricedModel[],
  catalogue: PriceCatalogue,
): readonly PricedModel[] {
  const missing: string[] = [];
  const refreshed = models.map(({ id, cost }): PricedModel => {
    if (cost.kind !== 'per-token' || cost.priceSource?.kind !== 'genai-prices') return { id, cost };
    const { provider, model, own = [] } = cost.priceSource;
    const found = catalogue.find(provider, model);
    if ('missing' in found) {
      missing.push(`${id} (${found.missing})`);
      return { id, cost };
    }
    return { id, cost: reprice(cost, withOwnPrices(found, pickOwnPrices(cost, own))) };
  });
  if (missing.length === 0) return refreshed;
  throw new PointsmanError(
    'ERR_INVALID_PRICE',
    `refreshPrices: no price for ${missing.join(', ')}: state it in the option prices, or leave refreshPrices out`,
  );
}

/** A new price for what was learnt of the tokens; how many a model thinks with stays where the price does not say. */
function reprice(cost: ModelCost, { price, source: priceSource }: SourcedPrice): PerTokenCost {
  if (cost.kind !== 'per-token') return { kind: 'per-token', ...price, meanOutputTokens: null, priceSource };
  const { meanOutputTokens, promptTokens, predictedOutput } = cost;
  return {
    kind: 'per-token',
    ...pickOwnPrices(cost, ['reasoningTokensPerAnswer']),
    ...price,
    meanOutputTokens,
    ...(promptTokens === undefined ? {} : { promptTokens }),
    ...(predictedOutput === undefined ? {} : { predictedOutput }),
    priceSource,
  };
}

const priceNames: readonly (keyof Price)[] = [
  'inputPer1M',
  'outputPer1M',
  'cachedInputPer1M',
  'reasoningPer1M',
  'reasoningTokensPerAnswer',
  'tiers',
];
const tierNames: readonly (keyof PriceTier)[] = [
  'aboveInputTokens',
  'inputPer1M',
  'outputPer1M',
  'cachedInputPer1M',
];

/** Throws ERR_INVALID_PRICE unless every price that must be there is, and all are finite and not negative. */
function checkPrices(model: string, price: Price): void {
  checkPrice(model, 'inputPer1M', price?.inputPer1M);
  checkPrice(model, 'outputPer1M', price?.outputPer1M);
  checkNames(price, priceNames, 'price');
  for (const name of ownPriceNames) {
    if (price[name] !== undefined) checkPrice(model, name, price[name]);
  }
  if (price.tiers !== undefined) checkTiers(model, price.tiers);
}

/** Throws ERR_INVALID_PRICE or, for a name that no tier has, ERR_UNKNOWN_OPTION, unless `tiers` are a list of rising ones. */
export function checkTiers(model: string, tiers: readonly PriceTier[]): void {
  if (!Array.isArray(tiers)) {
    const message = `tiers of model "${model}" must be an array, got ${describe(tiers)}`;
    throw new PointsmanError('ERR_INVALID_PRICE', message);
  }
  let previous = Number.NEGATIVE_INFINITY;
  for (const tier of tiers) {
    checkNames(tier, tierNames, 'tier price');
    for (const name of tierNames) {
      if (name !== 'cachedInputPer1M' || tier[name] !== undefined)
        checkPrice(model, `tiers: ${name}`, tier[name]);
    }
    if (tier.aboveInputTokens <= previous) {
      throw new PointsmanError(
        'ERR_INVALID_PRICE',
        `tiers of model "${model}" must rise in aboveInputTokens, got ${tier.aboveInputTokens} after ${previous}`,
      );
    }
    previous = tier.aboveInputTokens;
  }
}

/** Throws ERR_INVALID_PRICE unless `value` is a finite number of at least 0. */
export function checkPrice(model: string, field: string, value: unknown): void {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return;
  const unit = field.endsWith('Per1M') ? 'USD per 1M tokens' : 'tokens';
  throw new PointsmanError(
    'ERR_INVALID_PRICE',
    `${field} of model "${model}" must be a number of at least 0 (${unit}), got ${describe(value)}`,
  );
}
