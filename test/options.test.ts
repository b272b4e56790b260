import { describe, expect, it } from 'vitest';
import {
  type RouteOptions,
  type RouterOptions,
  resolveRouteOptions,
  resolveRouterOptions,
} from '../lib/options.ts';

const models = ['gpt-4o', 'llama-3-8b', 'qwen2-7b'];
const resolve = (options: RouteOptions) =>
  resolveRouteOptions(options, models, { policy: { kind: 'tolerance', tolerance: 0.05 }, deadlineMs: 150 });

describe('route options', () => {
  it('default to the policy of the router and to all models', () => {
    expect(resolve({})).toEqual({
      policy: { kind: 'tolerance', tolerance: 0.05 },
      candidates: null,
      maxCostUsd: Number.POSITIVE_INFINITY,
      cachedInputTokens: 0,
      deadlineMs: 150,
      signal: null,
    });
  });

  it.each([-0.1, 1.1, Number.NaN, Number.POSITIVE_INFINITY, '0.5', null])(
    'refuse tolerance %s',
    (tolerance) => {
      expect(() => resolve({ tolerance } as RouteOptions)).toThrow(
        expect.objectContaining({
          code: 'ERR_INVALID_ARGUMENT',
          message: expect.stringContaining('tolerance must be a number from 0 to 1, got'),
        }),
      );
    },
  );

  it('refuse a tolerance together with a cost weight', () => {
    expect(() => resolve({ tolerance: 0.1, costWeight: 5 })).toThrow(
      'pass either tolerance or costWeight, not both',
    );
  });

  it.each([-1, Number.NaN])('refuse maxCostUsd %s', (maxCostUsd) => {
    expect(() => resolve({ maxCostUsd })).toThrow(
      `maxCostUsd must be a number of at least 0, got ${maxCostUsd}`,
    );
  });

  it.each([-1, Number.NaN])('refuse deadlineMs %s', (deadlineMs) => {
    expect(() => resolve({ deadlineMs })).toThrow(
      `deadlineMs must be a number of at least 0, got ${deadlineMs}`,
    );
  });

  it('refuse a deadline of no time at all', () => {
    expect(() => resolve({ deadlineMs: 0 })).toThrow(
      'deadlineMs must be more than 0; Infinity is no deadline',
    );
  });

  it('take Infinity for no deadline', () => {
    expect(resolve({ deadlineMs: Number.POSITIVE_INFINITY }).deadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('refuse an unknown model and name the nearest', () => {
    expect(() => resolve({ candidates: ['gpt-4'] })).toThrow(
      expect.objectContaining({
        code: 'ERR_UNKNOWN_MODEL',
        message:
          'unknown model "gpt-4", did you mean "gpt-4o"?; this router knows gpt-4o, llama-3-8b, qwen2-7b',
      }),
    );
  });

  it('refuse an empty candidate list', () => {
    expect(() => resolve({ candidates: [] })).toThrow(expect.objectContaining({ code: 'ERR_NO_CANDIDATE' }));
  });

  it.each([-1, Number.NaN, '7', null])('refuse cachedInputTokens %s', (cachedInputTokens) => {
    expect(() => resolve({ cachedInputTokens } as RouteOptions)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARGUMENT',
        message: expect.stringContaining('cachedInputTokens must be a number from 0 to'),
      }),
    );
  });

  it('refuse an unknown option and name the nearest', () => {
    expect(() => resolve({ tolerence: 0.1 } as RouteOptions)).toThrow(
      expect.objectContaining({
        code: 'ERR_UNKNOWN_OPTION',
        message:
          'unknown route option "tolerence", did you mean "tolerance"?; known: tolerance, costWeight, candidates, maxCostUsd, cachedInputTokens, deadlineMs, signal',
      }),
    );
  });
});

describe('router options', () => {
  it('default to one lane a core, a bounded queue, a deadline and no cache', () => {
    expect(resolveRouterOptions({}, 4)).toMatchObject({
      lanes: 4,
      maxQueue: 10_000,
      fallbackModel: undefined,
      deadlineMs: 150,
      cacheMb: 0,
      signal: null,
    });
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '64'])('refuse a cache of %s MB', (cacheMb) => {
    expect(() => resolveRouterOptions({ cacheMb } as RouterOptions, 4)).toThrow(
      'cacheMb must be a number from 0 to 65536, got',
    );
  });

  it.each([1, 'yes', null])('refuse refreshPrices %s', (refreshPrices) => {
    expect(() => resolveRouterOptions({ refreshPrices } as unknown as RouterOptions, 4)).toThrow(
      'refreshPrices must be true or false, got',
    );
  });

  it.each([0, 65, 1.5, Number.NaN])('refuse %s lanes', (lanes) => {
    expect(() => resolveRouterOptions({ lanes }, 4)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });
});
