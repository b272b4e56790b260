import { describe, expect, it } from 'vitest';
import { type CountedPrompts, fitPromptTokens, providerTokens } from '../../lib/train/fit-prompt-tokens.ts';
import { Random } from '../support/random.ts';

/** Prompts of 20 to 400 tokens by our count, which the provider counts by `tokens`, give or take a twentieth. */
function prompts(count: number, seed: number, tokens: (counted: number) => number): CountedPrompts {
  const random = new Random(seed);
  const counted = Array.from({ length: count }, () => 20 + random.below(380));
  return { counted, stated: counted.map((one) => tokens(one) * (0.95 + 0.1 * random.next())) };
}

const family = (count: number, seed: number, tokens: (counted: number) => number) => ({
  training: prompts(count, seed, tokens),
  validation: prompts(count, seed + 1, tokens),
});

describe("the provider's input tokens", () => {
  it('are a ratio of ours per family', () => {
    const fits = fitPromptTokens(
      new Map([
        ['terse', family(2000, 1, (counted) => 0.8 * counted)],
        ['wordy', family(2000, 3, (counted) => 1.4 * counted)],
      ]),
    );
    expect(providerTokens(fits.get('terse') ?? none, 100)).toBeCloseTo(80, -0.5);
    expect(providerTokens(fits.get('wordy') ?? none, 100)).toBeCloseTo(140, -0.5);
  });

  it('are a line where something stands around every prompt', () => {
    const fit = fitPromptTokens(new Map([['templated', family(2000, 5, (counted) => 60 + 1.1 * counted)]]));
    expect(fit.get('templated')?.base).toBeGreaterThan(54);
    expect(fit.get('templated')?.base).toBeLessThan(66);
    expect(fit.get('templated')?.perToken).toBeCloseTo(1.1, 1);
  });

  it('lean on all families where a family states few', () => {
    const fits = fitPromptTokens(
      new Map([
        ['many', family(5000, 7, (counted) => 1.2 * counted)],
        ['few', family(5, 9, (counted) => 3 * counted)],
      ]),
    );
    const ratio = providerTokens(fits.get('few') ?? none, 1000) / 1000;
    expect(ratio).toBeGreaterThan(1.2);
    expect(ratio).toBeLessThan(1.5);
  });

  it('are left out where none are stated', () => {
    const empty: CountedPrompts = { counted: [], stated: [] };
    expect(fitPromptTokens(new Map([['silent', { training: empty, validation: empty }]])).size).toBe(0);
  });

  it('are finite where all prompts are equally long', () => {
    const same = { counted: [50, 50, 50], stated: [60, 60, 60] };
    const fit = fitPromptTokens(new Map([['same', { training: same, validation: same }]])).get('same');
    expect(providerTokens(fit ?? none, 50)).toBeCloseTo(60, 9);
  });
});

const none = { base: Number.NaN, perToken: Number.NaN };
