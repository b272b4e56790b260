import { calcPrice } from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import { usageCostUsd } from '../../lib/cost/price.ts';
import { openPriceCatalogue, type SourcedPrice } from '../../lib/cost/price-catalogue.ts';

const now = new Date('2026-01-15T12:00:00Z');
const catalogue = await openPriceCatalogue(now);

function find(provider: string, model: string): SourcedPrice {
  const found = catalogue.find(provider, model);
  if ('missing' in found) throw new Error(found.missing);
  return found;
}

describe('the price catalogue', () => {
  // A flat price, a cached price, tiers, and an id that is an alias of the listed one.
  it.each([
    ['openai', 'gpt-4o'],
    ['openai', 'gpt-4o-2024-08-06'],
    ['anthropic', 'claude-3-5-sonnet-20240620'],
    ['google', 'gemini-2.5-pro'],
  ])('charges %s %s as the package does, for short and long prompts, fresh and cached', (provider, model) => {
    const { price } = find(provider, model);
    for (const inputTokens of [0, 1000, 200_000, 200_001, 900_000]) {
      for (const cachedInputTokens of [0, Math.floor(inputTokens / 2)]) {
        const usage = { input_tokens: inputTokens, cache_read_tokens: cachedInputTokens, output_tokens: 700 };
        const expected = calcPrice(usage, model, { providerId: provider, timestamp: now })?.total_price;
        expect(usageCostUsd(price, { inputTokens, cachedInputTokens }, 700)).toBeCloseTo(expected ?? -1, 12);
      }
    }
  });

  it('says where a price stands, by the version of the package and the day', () => {
    expect(find('openai', 'gpt-4o-2024-08-06').source).toEqual({
      kind: 'genai-prices',
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      asOf: '2026-01-15',
      provider: 'openai',
      model: 'gpt-4o',
    });
  });

  it('says what it does not list', () => {
    const { version } = catalogue;
    expect(catalogue.find('nobody', 'gpt-4o')).toEqual({
      missing: `no provider "nobody" in @pydantic/genai-prices ${version}`,
    });
    expect(catalogue.find('openai', 'gpt-from-nowhere')).toEqual({
      missing: `no price per token of "gpt-from-nowhere" by openai in @pydantic/genai-prices ${version}`,
    });
  });

  it('has no price per token of a model that is charged otherwise', () => {
    expect(catalogue.find('openai', 'whisper-1')).toHaveProperty('missing');
  });
});
