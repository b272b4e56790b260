import { describe, expect, it } from 'vitest';
import { estimateCost } from '../../lib/cost/estimate-cost.ts';
import type { LogPrediction } from '../../lib/cost/log-prediction.ts';
import { withOwnPrices } from '../../lib/cost/own-prices.ts';
import { inputOnlyCostUsd, type Price, usageCostUsd } from '../../lib/cost/price.ts';
import { openPriceCatalogue } from '../../lib/cost/price-catalogue.ts';
import { priceModels, refreshPrices } from '../../lib/cost/price-models.ts';
import { estimateTokens } from '../../lib/cost/token-count.ts';

const perToken = { kind: 'per-token', inputPer1M: 2, outputPer1M: 10, meanOutputTokens: 300 } as const;
/** z is 4 at a value of 0.5 and no input tokens. */
const prediction: LogPrediction = {
  from: 2,
  to: 6,
  perLogInput: 0.5,
  longestInput: 1000,
  mean: 1.5,
  low: 0.25,
  high: 2,
};
const noPrompt = { inputTokens: 0 };
const costUsd = (...args: Parameters<typeof estimateCost>) => estimateCost(...args).costUsd;

describe('the cost of a request', () => {
  it('is input tokens and the mean answer at their prices where no answer is predicted', () => {
    const estimate = estimateCost(perToken, { inputTokens: 500 }, null);
    expect(estimate.costUsd).toBeCloseTo(500 * 2e-6 + 300 * 10e-6, 12);
    expect(estimate).toMatchObject({ costIntervalUsd: null, outputTokens: null });
  });

  it('is input tokens at the mean of both prices where answer lengths are not known', () => {
    expect(costUsd({ ...perToken, meanOutputTokens: null }, { inputTokens: 500 }, null)).toBeCloseTo(
      500 * 6e-6,
      12,
    );
  });

  it('follows the predicted length of the answer, with its interval', () => {
    const cost = { ...perToken, predictedOutput: prediction };
    const { costUsd, costIntervalUsd, outputTokens } = estimateCost(cost, noPrompt, 0.5);
    const median = Math.exp(4);
    expect(outputTokens).toEqual({
      expected: 1.5 * median - 1,
      low: 0.25 * median - 1,
      high: 2 * median - 1,
    });
    expect(costUsd).toBeCloseTo((1.5 * median - 1) * 10e-6, 12);
    expect(costIntervalUsd).toEqual([
      expect.closeTo((0.25 * median - 1) * 10e-6, 12),
      expect.closeTo((2 * median - 1) * 10e-6, 12),
    ]);
  });

  it('takes the length of the prompt into the prediction, up to the longest it was fitted on', () => {
    const expected = (inputTokens: number) =>
      estimateCost({ ...perToken, predictedOutput: prediction }, { inputTokens }, 0.5).outputTokens?.expected;
    expect(expected(99)).toBeCloseTo(1.5 * Math.exp(4 + 0.5 * Math.log(100)) - 1, 9);
    expect(expected(100_000)).toBe(expected(1000));
  });

  it('never predicts an answer of fewer than no tokens', () => {
    const cost = { ...perToken, predictedOutput: { ...prediction, from: -9, to: -8 } };
    expect(estimateCost(cost, noPrompt, 0).outputTokens).toEqual({ expected: 0, low: 0, high: 0 });
  });

  it("counts input tokens as the provider's tokeniser does", () => {
    const cost = { ...perToken, promptTokens: { base: 40, perToken: 1.25 } };
    expect(costUsd(cost, { inputTokens: 400 }, null)).toBeCloseTo(540 * 2e-6 + 300 * 10e-6, 12);
  });

  it('is lower by what the provider has cached, and by no more than the whole prompt', () => {
    const cost = { ...perToken, cachedInputPer1M: 0.5 };
    const cached = (cachedInputTokens: number) =>
      costUsd(cost, { inputTokens: 500, cachedInputTokens }, null);
    expect(cached(400)).toBeCloseTo(100 * 2e-6 + 400 * 0.5e-6 + 300 * 10e-6, 12);
    expect(cached(9000)).toBe(cached(500));
    expect(costUsd(perToken, { inputTokens: 500, cachedInputTokens: 400 }, null)).toBe(
      costUsd(perToken, { inputTokens: 500 }, null),
    );
  });

  it('is lower by what is cached where answer lengths are not known, too', () => {
    const cost = { ...perToken, meanOutputTokens: null, cachedInputPer1M: 0.5 };
    const cached = (cachedInputTokens: number) =>
      costUsd(cost, { inputTokens: 500, cachedInputTokens }, null);
    expect(cached(0)).toBeCloseTo((500 * (2 + 10)) / 2e6, 12);
    expect(cached(400)).toBeCloseTo((100 * (2 + 10) + 400 * (0.5 + 10)) / 2e6, 12);
    expect(cached(9000)).toBe(cached(500));
    const { cachedInputPer1M: _, ...unlisted } = cost;
    expect(costUsd(unlisted, { inputTokens: 500, cachedInputTokens: 400 }, null)).toBe(cached(0));
  });

  it('is the mean measured cost where the data has no prices', () => {
    expect(costUsd({ kind: 'per-request', meanUsd: 0.01 }, { inputTokens: 500 }, 0.5)).toBe(0.01);
  });

  it('follows the predicted measured cost, in proportion for prompts longer than any that was measured', () => {
    const cost = { kind: 'per-request', meanUsd: 0.01, predictedNanoUsd: prediction } as const;
    const estimate = estimateCost(cost, noPrompt, 0.5);
    expect(estimate.costUsd).toBeCloseTo((1.5 * Math.exp(4) - 1) / 1e9, 15);
    expect(estimate.outputTokens).toBeNull();
    expect(costUsd(cost, { inputTokens: 3000 }, 0.5)).toBeCloseTo(
      3 * costUsd(cost, { inputTokens: 1000 }, 0.5),
      15,
    );
  });
});

describe('a list price', () => {
  const tiered: Price = {
    inputPer1M: 1,
    outputPer1M: 10,
    cachedInputPer1M: 0.1,
    tiers: [
      { aboveInputTokens: 200_000, inputPer1M: 2, outputPer1M: 15, cachedInputPer1M: 0.2 },
      { aboveInputTokens: 500_000, inputPer1M: 4, outputPer1M: 20 },
    ],
  };

  it('charges a long prompt at its tier from the first token on', () => {
    const usd = (inputTokens: number, cachedInputTokens = 0) =>
      usageCostUsd(tiered, { inputTokens, cachedInputTokens }, 1000);
    expect(usd(200_000)).toBeCloseTo(0.2 + 0.01, 12);
    expect(usd(200_001)).toBeCloseTo(0.400002 + 0.015, 12);
    expect(usd(300_000, 100_000)).toBeCloseTo(0.4 + 0.02 + 0.015, 12);
    expect(usd(600_000, 100_000)).toBeCloseTo(2.4 + 0.02, 12);
    const long = { inputTokens: 300_000, cachedInputTokens: 0 };
    expect(inputOnlyCostUsd(tiered, long)).toBeCloseTo((300_000 * 17) / 2e6, 12);
    const cached = { ...long, cachedInputTokens: 100_000 };
    expect(inputOnlyCostUsd(tiered, cached)).toBeCloseTo((200_000 * 17 + 100_000 * 15.2) / 2e6, 12);
  });

  it('charges what a model thinks before it answers, at the output price unless it states another', () => {
    const thinking = { inputPer1M: 1, outputPer1M: 10, reasoningTokensPerAnswer: 500 };
    const prompt = { inputTokens: 0, cachedInputTokens: 0 };
    expect(usageCostUsd(thinking, prompt, 100)).toBeCloseTo(600 * 10e-6, 12);
    expect(usageCostUsd({ ...thinking, reasoningPer1M: 2 }, prompt, 100)).toBeCloseTo(
      100 * 10e-6 + 500 * 2e-6,
      12,
    );
  });
});

describe('a listed price with prices of the user beside it', () => {
  const listed: Price = {
    inputPer1M: 1,
    outputPer1M: 10,
    cachedInputPer1M: 0.1,
    tiers: [{ aboveInputTokens: 1000, inputPer1M: 2, outputPer1M: 15, cachedInputPer1M: 0.2 }],
  };

  const source = {
    kind: 'genai-prices',
    version: '0.0.1',
    asOf: '2026-01-01',
    provider: 'p',
    model: 'm',
  } as const;

  it("charges the user's for long prompts too, and names them in the source", () => {
    const { price, source: merged } = withOwnPrices({ price: listed, source }, { cachedInputPer1M: 0.05 });
    const cachedUsd = (inputTokens: number) =>
      usageCostUsd(price, { inputTokens, cachedInputTokens: inputTokens }, 0);
    expect(cachedUsd(1000)).toBeCloseTo(1000 * 0.05e-6, 12);
    expect(cachedUsd(2000)).toBeCloseTo(2000 * 0.05e-6, 12);
    expect(merged).toEqual({ ...source, own: ['cachedInputPer1M'] });
  });

  it('is the listed one where the user states none', () => {
    expect(withOwnPrices({ price: listed, source }, {})).toEqual({ price: listed, source });
  });
});

describe("a user's own price", () => {
  const models = [
    { id: 'a', cost: { ...perToken, predictedOutput: prediction, cachedInputPer1M: 1 } },
    { id: 'b', cost: { kind: 'per-request', meanUsd: 0.01 } },
  ] as const;

  it('replaces all prices of the artifact and keeps what it knows of tokens', () => {
    expect(priceModels(models, { a: { inputPer1M: 1, outputPer1M: 4 } })[0]?.cost).toEqual({
      kind: 'per-token',
      inputPer1M: 1,
      outputPer1M: 4,
      meanOutputTokens: 300,
      predictedOutput: prediction,
      priceSource: { kind: 'user' },
    });
  });

  it('keeps how much a model thinks, unless it says so itself', () => {
    const thinking = [{ id: 'a', cost: { ...perToken, reasoningTokensPerAnswer: 500 } }];
    const tokens = (price: Price) => priceModels(thinking, { a: price })[0]?.cost;
    const price = { inputPer1M: 1, outputPer1M: 4 };
    expect(tokens(price)).toMatchObject({ reasoningTokensPerAnswer: 500 });
    expect(tokens({ ...price, reasoningTokensPerAnswer: 0 })).toMatchObject({ reasoningTokensPerAnswer: 0 });
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, undefined, '2'])(
    'is refused where it is %s',
    (inputPer1M) => {
      expect(() => priceModels(models, { a: { inputPer1M, outputPer1M: 1 } as Price })).toThrow(
        expect.objectContaining({
          code: 'ERR_INVALID_PRICE',
          message: expect.stringContaining('inputPer1M of model "a" must be a number of at least 0'),
        }),
      );
    },
  );

  it.each<[string, object, string, string]>([
    [
      'a negative cached price',
      { cachedInputPer1M: -1 },
      'ERR_INVALID_PRICE',
      'cachedInputPer1M of model "a" must be a number of at least 0 (USD per 1M tokens), got -1',
    ],
    [
      'negative thinking',
      { reasoningTokensPerAnswer: -5 },
      'ERR_INVALID_PRICE',
      'reasoningTokensPerAnswer of model "a" must be a number of at least 0 (tokens), got -5',
    ],
    [
      'a misspelt price',
      { cachedInput1M: 1 },
      'ERR_UNKNOWN_OPTION',
      'unknown price "cachedInput1M", did you mean "cachedInputPer1M"?; known: inputPer1M, outputPer1M, cachedInputPer1M, reasoningPer1M, reasoningTokensPerAnswer, tiers',
    ],
    [
      'a tier without a price',
      { tiers: [{ aboveInputTokens: 10, inputPer1M: 1 }] },
      'ERR_INVALID_PRICE',
      'tiers: outputPer1M of model "a" must be a number of at least 0 (USD per 1M tokens), got undefined',
    ],
    [
      'tiers that do not rise',
      {
        tiers: [
          { aboveInputTokens: 10, inputPer1M: 1, outputPer1M: 1 },
          { aboveInputTokens: 5, inputPer1M: 1, outputPer1M: 1 },
        ],
      },
      'ERR_INVALID_PRICE',
      'tiers of model "a" must rise in aboveInputTokens, got 5 after 10',
    ],
    [
      'two tiers of one length',
      {
        tiers: [
          { aboveInputTokens: 10, inputPer1M: 1, outputPer1M: 1 },
          { aboveInputTokens: 10, inputPer1M: 2, outputPer1M: 1 },
        ],
      },
      'ERR_INVALID_PRICE',
      'tiers of model "a" must rise in aboveInputTokens, got 10 after 10',
    ],
    [
      'tiers that are no list',
      { tiers: { aboveInputTokens: 10 } },
      'ERR_INVALID_PRICE',
      'tiers of model "a" must be an array, got object',
    ],
  ])('is refused with %s', (_, more, code, message) => {
    expect(() => priceModels(models, { a: { inputPer1M: 1, outputPer1M: 1, ...more } })).toThrow(
      expect.objectContaining({ code, message }),
    );
  });

  it('is refused for a model the router does not know', () => {
    expect(() => priceModels(models, { c: { inputPer1M: 1, outputPer1M: 1 } })).toThrow(
      expect.objectContaining({ code: 'ERR_UNKNOWN_MODEL' }),
    );
  });
});

describe('refreshed prices', async () => {
  const catalogue = await openPriceCatalogue();
  const stored = { kind: 'genai-prices', version: '0.0.1', asOf: '2020-01-01', provider: 'openai' } as const;
  const listed = { ...perToken, inputPer1M: 1e6, priceSource: { ...stored, model: 'gpt-4o' } };
  const own = { ...perToken, priceSource: { kind: 'user' } } as const;

  it("are the catalogue's where the stored ones were, and the user's stay", () => {
    const found = catalogue.find('openai', 'gpt-4o');
    if ('missing' in found) throw new Error(found.missing);
    const models = [
      { id: 'own', cost: own },
      { id: 'listed', cost: listed },
    ];
    expect(refreshPrices(models, catalogue).map(({ cost }) => cost)).toEqual([
      own,
      { kind: 'per-token', ...found.price, meanOutputTokens: 300, priceSource: found.source },
    ]);
  });

  it('leave what the user states beside the listed price, and what a model takes to think', () => {
    const found = catalogue.find('openai', 'gpt-4o');
    if ('missing' in found) throw new Error(found.missing);
    const priceSource = { ...listed.priceSource, own: ['cachedInputPer1M'] } as const;
    const cost = { ...listed, cachedInputPer1M: 0.7, reasoningTokensPerAnswer: 50, priceSource };
    const [refreshed] = refreshPrices([{ id: 'thinker', cost }], catalogue);
    expect(refreshed?.cost).toMatchObject({
      inputPer1M: found.price.inputPer1M,
      cachedInputPer1M: 0.7,
      reasoningTokensPerAnswer: 50,
      priceSource: { ...found.source, own: ['cachedInputPer1M'] },
    });
  });

  it('are an error where the catalogue lists the model no more', () => {
    const gone = { ...listed, priceSource: { ...stored, model: 'gpt-that-left' } };
    expect(() => refreshPrices([{ id: 'mine', cost: gone }], catalogue)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_PRICE',
        message: `refreshPrices: no price for mine (no price per token of "gpt-that-left" by openai in @pydantic/genai-prices ${catalogue.version}): state it in the option prices, or leave refreshPrices out`,
      }),
    );
  });
});

describe('the token count of a prompt', () => {
  it('is exact where the whole text was read', () => {
    expect(estimateTokens({ tokens: 7, bytesRead: 30, bytes: 30 })).toEqual({ tokens: 7, exact: true });
  });

  it('is extrapolated by bytes where it was not', () => {
    expect(estimateTokens({ tokens: 100, bytesRead: 400, bytes: 4000 })).toEqual({
      tokens: 1000,
      exact: false,
    });
  });
});
