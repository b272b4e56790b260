import type { Price } from './price.ts';
import type { SourcedPrice } from './price-catalogue.ts';

/** What a user may state of a model whose price is otherwise taken from the price list. */
export const ownPriceNames = ['cachedInputPer1M', 'reasoningPer1M', 'reasoningTokensPerAnswer'] as const;
export type OwnPriceName = (typeof ownPriceNames)[number];
export type OwnPrices = Pick<Price, OwnPriceName>;

/** Those of the given names that a price states. */
export function pickOwnPrices(price: OwnPrices, names: readonly OwnPriceName[]): OwnPrices {
  const own: { -readonly [Name in OwnPriceName]?: number } = {};
  for (const name of names) {
    const value = price[name];
    if (value !== undefined) own[name] = value;
  }
  return own;
}

/** A listed price with the user's own in place of it, for prompts of any length; the source names them. */
export function withOwnPrices({ price, source }: SourcedPrice, own: OwnPrices): SourcedPrice {
  const names = ownPriceNames.filter((name) => own[name] !== undefined);
  if (names.length === 0 || source.kind !== 'genai-prices') return { price: { ...price, ...own }, source };
  const { cachedInputPer1M } = own;
  const tiers =
    cachedInputPer1M === undefined
      ? price.tiers
      : price.tiers?.map((tier) => ({ ...tier, cachedInputPer1M }));
  return {
    price: { ...price, ...own, ...(tiers === undefined ? {} : { tiers }) },
    source: { ...source, own: names },
  };
}
