import { describe, expect, it } from 'vitest';
import { costOfRequestUsd } from '../../lib/cost/model-cost.ts';
import { priceModels } from '../../lib/cost/price-models.ts';
import { estimateTokens } from '../../lib/cost/token-count.ts';
import type { Price } from '../../lib/options.ts';

const perToken = { kind: 'per-token', inputPer1M: 2, outputPer1M: 10, meanOutputTokens: 300 } as const;

describe('the cost of a request', () => {
  it('is input tokens and the mean answer at their prices', () => {
    expect(costOfRequestUsd(perToken, 500)).toBeCloseTo(500 * 2e-6 + 300 * 10e-6, 12);
  });

  it('is input tokens at the mean of both prices where answer lengths are not known', () => {
    expect(costOfRequestUsd({ ...perToken, meanOutputTokens: null }, 500)).toBeCloseTo(500 * 6e-6, 12);
  });

  it('is the mean measured cost where the data has no prices', () => {
    expect(costOfRequestUsd({ kind: 'per-request', meanUsd: 0.01 }, 500)).toBe(0.01);
  });
});

describe("a user's own price", () => {
  const models = [
    { id: 'a', cost: perToken },
    { id: 'b', cost: { kind: 'per-request', meanUsd: 0.01 } },
  ] as const;

  it('replaces the price of the artifact and keeps the mean answer length', () => {
    expect(priceModels(models, { a: { inputPer1M: 1, outputPer1M: 4 } })[0]?.cost).toEqual({
      kind: 'per-token',
      inputPer1M: 1,
      outputPer1M: 4,
      meanOutputTokens: 300,
    });
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

  it('is refused for a model the router does not know', () => {
    expect(() => priceModels(models, { c: { inputPer1M: 1, outputPer1M: 1 } })).toThrow(
      expect.objectContaining({ code: 'ERR_UNKNOWN_MODEL' }),
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
