import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ModelPrice, TieredPrices } from '@pydantic/genai-prices';
import type { Price, PriceSource, PriceTier } from './price.ts';

const packageName = '@pydantic/genai-prices';

/** A price and where it stands. */
export interface SourcedPrice {
  readonly price: Price;
  readonly source: PriceSource;
}

/** The price list of `@pydantic/genai-prices`: what came with the package, nothing from the network. */
export interface PriceCatalogue {
  /** Of the package. */
  readonly version: string;
  /** Today's price of a provider's model; `missing` says what the list does not know. */
  find(provider: string, model: string): SourcedPrice | { readonly missing: string };
}

/**
 * Reads the price list. It takes some 80 ms and 20 MB: only for training, or where a user asks for today's prices.
 * @param now the moment whose prices are wanted
 */
export async function openPriceCatalogue(now = new Date()): Promise<PriceCatalogue> {
  const { calcPrice, findProvider } = await import('@pydantic/genai-prices');
  const version = await packageVersion();
  return {
    version,
    find(provider, model) {
      const known = findProvider({ providerId: provider });
      if (known === undefined) return { missing: `no provider "${provider}" in ${packageName} ${version}` };
      const found = calcPrice({ input_tokens: 0, output_tokens: 0 }, model, {
        providerId: known.id,
        timestamp: now,
      });
      const price = found === null ? null : toPrice(found.model_price);
      if (found === null || price === null) {
        return { missing: `no price per token of "${model}" by ${known.id} in ${packageName} ${version}` };
      }
      const source: PriceSource = {
        kind: 'genai-prices',
        version,
        asOf: now.toISOString().slice(0, 10),
        provider: found.provider.id,
        model: found.model.id,
      };
      return { price, source };
    },
  };
}

/** The package exports no package.json, so it is found by the file that it does export. */
async function packageVersion(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve(packageName);
  const { version } = JSON.parse(await readFile(join(entry, '..', '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

/** null for a model that is not charged by tokens both ways, such as one that embeds or draws. */
function toPrice(listed: ModelPrice): Price | null {
  const { input_mtok: input, output_mtok: output } = listed;
  const { cache_read_mtok: cached, output_reasoning_mtok: reasoning } = listed;
  if (input === undefined || output === undefined) return null;
  const starts = [input, output, cached].flatMap((one) => (isTiered(one) ? one.tiers : []));
  const thresholds = [...new Set(starts.map(({ start }) => start))].sort((a, b) => a - b);
  const tiers = thresholds.map((aboveInputTokens): PriceTier => {
    const above = aboveInputTokens + 1;
    return {
      aboveInputTokens,
      inputPer1M: priceAt(input, above),
      outputPer1M: priceAt(output, above),
      ...(cached === undefined ? {} : { cachedInputPer1M: priceAt(cached, above) }),
    };
  });
  return {
    inputPer1M: priceAt(input, 0),
    outputPer1M: priceAt(output, 0),
    ...(cached === undefined ? {} : { cachedInputPer1M: priceAt(cached, 0) }),
    ...(reasoning === undefined ? {} : { reasoningPer1M: priceAt(reasoning, 0) }),
    ...(tiers.length === 0 ? {} : { tiers }),
  };
}

type Listed = number | TieredPrices;

function isTiered(listed: Listed | undefined): listed is TieredPrices {
  return typeof listed === 'object';
}

/** USD per 1M tokens in a request of so many input tokens: the last tier that it exceeds holds for all of it. */
function priceAt(listed: Listed, inputTokens: number): number {
  if (!isTiered(listed)) return listed;
  return listed.tiers.findLast(({ start }) => inputTokens > start)?.price ?? listed.base;
}
