import { describe, expect, it } from 'vitest';
import { type RouterOptions, resolveRouterOptions } from '../lib/options.ts';
import { type RouteOptions, resolveRouteOptions } from '../lib/route-options.ts';

const models = ['gpt-4o', 'llama-3-8b', 'qwen2-7b'];
const resolve = (options: RouteOptions) =>
  resolveRouteOptions(options, models, {
    policy: { kind: 'tolerance', tolerance: 0.05 },
    preferences: {
      best: { policy: { kind: 'utility', costWeight: 0 }, quality: 0.8, costUsd: 0.01 },
      balanced: { policy: { kind: 'utility', costWeight: 7 }, quality: 0.78, costUsd: 0.004 },
      cheapest: { policy: { kind: 'tolerance', tolerance: 1 }, quality: 0.5, costUsd: 0.001 },
    },
    deadlineMs: 150,
  });

describe('who serves a preference', () => {
  const weights = { quality: 2, cost: 1 };
  const at = (preferenceServer: 'network' | 'predictions' | null, preference: object) =>
    resolveRouteOptions({ preference: { ...weights, ...preference } }, models, {
      policy: { kind: 'tolerance', tolerance: 0 },
      preferences: null,
      preferenceServer,
      deadlineMs: 150,
    }).policy;
  const byNetwork = { kind: 'network-preference', costWeight: 0.5, sample: false };
  const byPredictions = { kind: 'preference', costWeight: 0.5 };

  it('is what the router says, unless the caller does', () => {
    expect(at('network', {})).toEqual(byNetwork);
    expect(at('predictions', {})).toEqual(byPredictions);
    expect(at(null, {})).toEqual(byPredictions);
    expect(at('network', { by: 'predictions' })).toEqual(byPredictions);
    expect(at('predictions', { by: 'network' })).toEqual(byNetwork);
    expect(at('predictions', { sample: true })).toEqual({ ...byNetwork, sample: true });
    expect(at('network', { quality: 0 })).toEqual({ kind: 'preference', costWeight: 'Infinity' });
  });

  it('is refused where it cannot be', () => {
    expect(() => at(null, { by: 'network' })).toThrow(
      'preference.by needs a policy network, which this router was trained without: train it with estimator "irt" and policyNetwork',
    );
    expect(() => at(null, { sample: true })).toThrow('preference.sample needs a policy network');
    expect(() => at('network', { by: 'predictions', sample: true })).toThrow(
      'preference.sample draws by the policy network, so by cannot be "predictions"',
    );
    expect(() => at('network', { by: 'nobody' })).toThrow(
      'preference.by must be one of network, predictions',
    );
    expect(() => at('network', { sample: 1 })).toThrow('preference.sample must be');
  });
});

describe('a preference', () => {
  it.each([
    [{ quality: 1, cost: 0.5 }, 0.5],
    [{ quality: 2, cost: 0.5 }, 0.25],
    [{ quality: 1, cost: 0 }, 0],
    [{ quality: 0, cost: 1 }, 'Infinity'],
  ])('of weights %o is a policy by their ratio', (preference, costWeight) => {
    expect(resolve({ preference }).policy).toEqual({ kind: 'preference', costWeight });
  });

  it('in words is the setting that was measured for it', () => {
    expect(resolve({ preference: 'balanced' }).policy).toEqual({ kind: 'utility', costWeight: 7 });
    expect(resolve({ preference: 'cheapest' }).policy).toEqual({ kind: 'tolerance', tolerance: 1 });
  });

  it.each([
    ['bset', 'preference must be one of best, balanced, cheapest, got "bset"'],
    [{ quality: 1 }, 'preference.cost must be a number'],
    [{ quality: -1, cost: 1 }, 'preference.quality must be a number'],
    [{ quality: 0, cost: 0 }, 'preference: quality and cost must not both count for nothing'],
    [{ quality: 1, cost: 1, speed: 1 }, 'speed'],
    [7, 'preference must be best, balanced, cheapest or { quality, cost }, got 7'],
  ])('of %o is refused', (preference, message) => {
    expect(() => resolve({ preference } as RouteOptions)).toThrow(message);
  });

  it('in words needs a router that measured them', () => {
    const old = { policy: { kind: 'tolerance', tolerance: 0 }, preferences: null, deadlineMs: 150 } as const;
    expect(() => resolveRouteOptions({ preference: 'best' }, models, old)).toThrow(
      expect.objectContaining({ code: 'ERR_UNSUPPORTED' }),
    );
    expect(resolveRouteOptions({ preference: { quality: 1, cost: 1 } }, models, old).policy.kind).toBe(
      'preference',
    );
  });
});

describe('route options', () => {
  it('default to the policy of the router and to all models', () => {
    expect(resolve({})).toEqual({
      policy: { kind: 'tolerance', tolerance: 0.05 },
      constraints: { candidates: null, exclude: [], maxCostUsd: null, requires: {} },
      cachedInputTokens: 0,
      explore: null,
      pin: null,
      dryRun: false,
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

  it.each<RouteOptions>([{ costWeight: 5 }, { guard: {} }])(
    'refuse a tolerance together with %o',
    (other) => {
      expect(() => resolve({ tolerance: 0.1, ...other })).toThrow(
        'pass only one of tolerance, costWeight, preference and guard: each is a policy of its own',
      );
    },
  );

  it('write an infinite cost weight as JSON can hold it', () => {
    expect(resolve({ costWeight: Number.POSITIVE_INFINITY }).policy).toEqual({
      kind: 'utility',
      costWeight: 'Infinity',
    });
  });

  it.each<[RouteOptions, string]>([
    [{ thresholdStrategy: 'static-max' }, 'thresholdStrategy needs a tolerance: it says what that is of'],
    [{ safetyMargin: 0.1 }, 'safetyMargin needs a tolerance: it says what that is of'],
    [
      { tolerance: 0, thresholdStrategy: 'max' } as unknown as RouteOptions,
      'thresholdStrategy must be one of dynamic-max, dynamic-minmax, static-max, static-minmax, got "max"',
    ],
    [{ tolerance: 0, safetyMargin: -1 }, 'safetyMargin must be a number from 0 to 1, got -1'],
    [{ guard: { confidence: 1 } }, 'guard.confidence must be a number above 0 and below 1, got 1'],
    [{ guard: { maxLoss: -0.1 } }, 'guard.maxLoss must be a number from 0 to 1, got -0.1'],
    [
      { guard: { maxLoss: 1 } },
      'guard.maxLoss must be below 1: quality is from 0 to 1, so a loss of 1 bounds nothing',
    ],
    [
      { guard: { anchr: 'x' } } as RouteOptions,
      'unknown guard option "anchr", did you mean "anchor"?; known: anchor, confidence, maxLoss',
    ],
    [{ guard: 'gpt-4o' } as unknown as RouteOptions, 'guard options must be an object, got "gpt-4o"'],
    [{ exclude: 'gpt-4o' } as unknown as RouteOptions, 'exclude must be an array of model ids, got "gpt-4o"'],
    [{ requires: { outputTokens: 1.5 } }, 'requires.outputTokens must be a whole number, got 1.5'],
    [
      { requires: { tools: 'yes' } } as unknown as RouteOptions,
      'requires.tools must be true or false, got "yes"',
    ],
    [
      { requires: { modalities: ['smell'] } } as unknown as RouteOptions,
      'requires.modalities must be one of text, image, audio, video, document, got "smell"',
    ],
    [
      { requires: { modalities: 'image' } } as unknown as RouteOptions,
      'requires.modalities must be an array of text, image, audio, video, document, got "image"',
    ],
    [
      { requires: { tool: true } } as unknown as RouteOptions,
      'unknown requirement "tool", did you mean "tools"?; known: inputTokens, outputTokens, modalities, tools, jsonMode',
    ],
    [{ dryRun: 1 } as unknown as RouteOptions, 'dryRun must be true or false, got 1'],
  ])('refuse %o', (options, message) => {
    expect(() => resolve(options)).toThrow(expect.objectContaining({ message }));
  });

  it.each<RouteOptions>([{ exclude: ['gpt-4'] }, { pin: 'gpt-4' }, { guard: { anchor: 'gpt-4' } }])(
    'refuse an unknown model in %o',
    (options) => {
      expect(() => resolve(options)).toThrow(
        expect.objectContaining({
          code: 'ERR_UNKNOWN_MODEL',
          message: expect.stringContaining('unknown model "gpt-4", did you mean "gpt-4o"?'),
        }),
      );
    },
  );

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
          'unknown route option "tolerence", did you mean "tolerance"?; known: tolerance, thresholdStrategy, safetyMargin, costWeight, preference, guard, candidates, exclude, maxCostUsd, cachedInputTokens, requires, explore, pin, dryRun, deadlineMs, signal',
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

  it.each([0, 1, -0.1, Number.NaN, '0.9'])('refuse a coverage of %s', (intervalCoverage) => {
    expect(() => resolveRouterOptions({ intervalCoverage } as RouterOptions, 4)).toThrow(
      'intervalCoverage must be a number above 0 and below 1, got',
    );
  });

  it.each([0, 65, 1.5, Number.NaN])('refuse %s lanes', (lanes) => {
    expect(() => resolveRouterOptions({ lanes }, 4)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });
});
