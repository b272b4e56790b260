import { withOwnPrices } from '../cost/own-prices.ts';
import type { Price } from '../cost/price.ts';
import type { PriceCatalogue, SourcedPrice } from '../cost/price-catalogue.ts';
import type { ModelEntry } from '../data/models.ts';
import { type RoutingTable, rowCount } from '../data/table.ts';
import { PointsmanError } from '../errors.ts';

/** What is known of the prices of some models. */
export interface FoundPrices {
  readonly prices: ReadonlyMap<string, SourcedPrice>;
  /** Why the catalogue has none, for models that were looked up in vain. */
  readonly missing: ReadonlyMap<string, string>;
}

/** The user's own price of each model, else that of the catalogue where models.json names a provider. */
export async function lookUpPrices(
  models: readonly string[],
  registry: ReadonlyMap<string, ModelEntry>,
): Promise<FoundPrices> {
  const prices = new Map<string, SourcedPrice>();
  const missing = new Map<string, string>();
  let catalogue: PriceCatalogue | null = null;
  for (const id of models) {
    const entry = registry.get(id);
    if (entry === undefined) continue;
    const own = ownPrice(entry);
    if (own !== null) prices.set(id, own);
    if (own !== null || entry.provider === null) continue;
    catalogue ??= await openCatalogue();
    const found = catalogue.find(entry.provider, entry.priceId ?? id);
    if ('missing' in found) missing.set(id, found.missing);
    else prices.set(id, withOwnPrices(found, entry.otherPrices));
  }
  return { prices, missing };
}

/**
 * The prices of the table's models. A model without one is left out if the table has measured costs of it; else
 * ERR_INVALID_PRICE names it and says why.
 */
export async function requirePrices(
  table: RoutingTable,
  registry: ReadonlyMap<string, ModelEntry>,
): Promise<ReadonlyMap<string, SourcedPrice>> {
  const { prices, missing } = await lookUpPrices(table.models, registry);
  const unpriced = table.models.filter((id, column) => !prices.has(id) && !hasMeasuredCost(table, column));
  if (unpriced.length === 0) return prices;
  const named = unpriced.map((id) => (missing.has(id) ? `${id} (${missing.get(id)})` : id));
  throw new PointsmanError(
    'ERR_INVALID_PRICE',
    `no price and no measured cost for ${named.join(', ')}: name a models.json with inputPer1M and outputPer1M (USD per 1M tokens) for each, or with the provider whose list price it has (and priceId, where the provider's id of it is another), or add costs to the data`,
  );
}

/** The price list is slow to read, and most registries state their prices. */
async function openCatalogue(): Promise<PriceCatalogue> {
  const { openPriceCatalogue } = await import('../cost/price-catalogue.ts');
  return openPriceCatalogue();
}

function ownPrice({ inputPer1M, outputPer1M, otherPrices, tiers, extra }: ModelEntry): SourcedPrice | null {
  if (inputPer1M === null || outputPer1M === null) return null;
  const price: Price = {
    ...{ inputPer1M, outputPer1M, ...otherPrices },
    ...(tiers.length === 0 ? {} : { tiers }),
  };
  const note = extra.priceSource;
  return { price, source: { kind: 'user', ...(typeof note === 'string' ? { note } : {}) } };
}

function hasMeasuredCost(table: RoutingTable, column: number): boolean {
  for (let row = 0; row < rowCount(table); row++) {
    if (!Number.isNaN(table.costsUsd[row * table.models.length + column])) return true;
  }
  return false;
}
