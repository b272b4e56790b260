import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Decision,
  explain,
  type RouteOptions,
  Router,
  type RouterOptions,
  replay,
} from '../lib/index.ts';
import { temporaryFolder, tinyCalibration, writeTinyRouter } from './support/tiny-router.ts';

const prompt = 'Explain tides.';
const patient = { lanes: 1, deadlineMs: Number.POSITIVE_INFINITY } as const;

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
let older: string;
let router: Router;
beforeAll(async () => {
  folder = temporaryFolder();
  path = join(folder.path, 'router');
  older = join(folder.path, 'older');
  const policy = { kind: 'tolerance', tolerance: 0.1 } as const;
  const defaults = { policy, fallbackModels: ['large', 'medium', 'small'] };
  await writeTinyRouter(path, { defaults }, { calibration: tinyCalibration() });
  await writeTinyRouter(older);
  router = await Router.load(path, patient);
});
afterAll(async () => {
  await router.close();
  folder.clean();
});

async function routed(options: RouteOptions, by: Router = router) {
  const decision = await by.route(prompt, options);
  if (decision.kind !== 'routed') throw new Error(`${decision.kind}: ${JSON.stringify(decision)}`);
  return decision;
}

const exclusions = (decision: Decision) =>
  decision.kind === 'fallback' ? [] : decision.candidates.map(({ excluded }) => excluded?.kind ?? null);

describe('every decision', () => {
  it('shows an interval around every prediction', async () => {
    for (const { quality, interval } of (await routed({})).candidates) {
      const [low = 1, high = 0] = interval ?? [];
      expect(low).toBeLessThanOrEqual(quality);
      expect(high).toBeGreaterThanOrEqual(quality);
    }
  });

  it('shows wider intervals for a higher coverage', async () => {
    const widthAt = async (intervalCoverage: number) => {
      await using other = await Router.load(path, { ...patient, intervalCoverage });
      const { candidates } = await routed({}, other);
      return candidates.reduce((sum, { interval }) => sum + (interval?.[1] ?? 0) - (interval?.[0] ?? 0), 0);
    };
    expect(await widthAt(0.99)).toBeGreaterThan(await widthAt(0.5));
  });

  it('can be replayed and explained after it went through JSON', async () => {
    const asked: readonly RouteOptions[] = [
      {},
      { costWeight: Number.POSITIVE_INFINITY },
      { preference: { quality: 1, cost: 0.3 } },
      { preference: { quality: 0, cost: 1 } },
      { tolerance: 0.3, thresholdStrategy: 'static-minmax', safetyMargin: 0.05, exclude: ['small'] },
      { guard: {} },
      { pin: 'small', maxCostUsd: 1e-9 },
    ];
    for (const options of asked) {
      const stored = JSON.parse(JSON.stringify(await routed(options)));
      expect(replay(stored)).toEqual(stored);
      expect(explain(stored).model).toBe(stored.model);
    }
  });
});

describe('threshold strategies', () => {
  it('static ones go by the calibration set, whose means the decision records', async () => {
    const { policy } = await routed({ tolerance: 0.1, thresholdStrategy: 'static-max' });
    expect(policy).toMatchObject({ kind: 'tolerance', strategy: 'static-max', safetyMargin: 0 });
    if (policy.kind !== 'tolerance' || policy.strategy !== 'static-max') throw new Error(policy.kind);
    expect(policy.range.max).toBeCloseTo(0.9, 6);
    expect(policy.range.min).toBeCloseTo(0.4, 6);
  });

  it('all of them lower the threshold by the margin', async () => {
    for (const thresholdStrategy of ['dynamic-max', 'dynamic-minmax'] as const) {
      const without = await routed({ tolerance: 0.2, thresholdStrategy });
      const withMargin = await routed({ tolerance: 0.2, thresholdStrategy, safetyMargin: 0.1 });
      expect((without.threshold ?? 0) - (withMargin.threshold ?? 0)).toBeCloseTo(0.1, 12);
    }
  });
});

describe('the guard', () => {
  it('leaves the best model for a cheaper one that the calibration set vouches for', async () => {
    const { policy, rule } = await routed({ guard: { maxLoss: 0.02 } });
    expect(rule).toBe('guarded');
    expect(policy).toMatchObject({ kind: 'guarded', anchor: 'large', confidence: 0.95, maxLoss: 0.02 });
    expect(policy.kind === 'guarded' ? policy.threshold : null).toBeLessThanOrEqual(0);
  });

  it('weighs the evidence once for all requests that ask the same', async () => {
    const [first, again, other] = await router
      .routeMany([prompt, 'Hello.'], { guard: {} })
      .then(async (many) => [
        ...many,
        await router.route(prompt, { guard: {}, candidates: ['large', 'small'] }),
      ]);
    const policyOf = (decision: Decision | undefined) =>
      decision?.kind === 'routed' ? decision.policy : undefined;
    const fresh = await router.route(prompt, { guard: { maxLoss: 0.01 } });
    expect(policyOf(again)).toBe(policyOf(first));
    expect(policyOf(fresh)).toBe(policyOf(first));
    expect(policyOf(other)).not.toBe(policyOf(first));
  });

  it('never leaves the anchor without evidence', async () => {
    const decision = await routed({ guard: { anchor: 'large', maxLoss: 0, confidence: 0.999999 } });
    expect(decision).toMatchObject({ model: 'large', policy: { threshold: null }, threshold: null });
    expect(decision.reason).toContain('anchor large: the calibration set vouches for leaving it nowhere');
  });

  it('takes the best model that the constraints allow for its anchor', async () => {
    expect((await routed({ guard: {}, exclude: ['large'] })).policy).toMatchObject({ anchor: 'medium' });
  });

  it('neither takes for its anchor nor weighs a model that no prompt of the request may choose', async () => {
    const roomy = { contextWindow: 8192, maxOutputTokens: 1000 };
    const models = { small: roomy, medium: roomy, large: { maxOutputTokens: 1000 } };
    await using stated = await Router.load(path, { ...patient, models });
    const asked = { guard: {}, requires: { outputTokens: 10 } };
    const { policy } = await routed({ ...asked, exclude: ['large'] }, stated);
    expect(policy).toMatchObject({ anchor: 'medium' });
    expect((await routed(asked, stated)).policy).toBe(policy);
    await expect(stated.route(prompt, { ...asked, guard: { anchor: 'large' } })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message:
        'guard.anchor "large" is not up for choice (its context window is not stated): name another anchor or lift the constraint',
    });
  });

  it('refuses an anchor that the constraints exclude', async () => {
    await expect(
      router.route(prompt, { guard: { anchor: 'large' }, exclude: ['large'] }),
    ).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message:
        'guard.anchor "large" is not up for choice (excluded by the caller): name another anchor or lift the constraint',
    });
  });
});

describe('constraints', () => {
  it('exclude models by name, whatever the policy', async () => {
    const decision = await routed({ exclude: ['small', 'medium'], tolerance: 1 });
    expect(decision.model).toBe('large');
    expect(exclusions(decision)).toEqual(['excluded', 'excluded', null]);
  });

  it('exclude by facts, and by facts that nobody stated', async () => {
    const models: RouterOptions['models'] = {
      small: { contextWindow: 4 },
      medium: { tools: true, contextWindow: 8192, maxOutputTokens: 1000 },
      large: { modalities: ['text', 'image'] },
    };
    await using stated = await Router.load(path, { ...patient, models });
    expect(exclusions(await stated.route('What is the capital of France?'))).toEqual([
      'over-context-window',
      null,
      null,
    ]);
    expect(exclusions(await stated.route(prompt, { requires: { tools: true, outputTokens: 10 } }))).toEqual([
      'unknown-tools',
      null,
      'unknown-tools',
    ]);
    const rejected = await stated.route(prompt, { requires: { modalities: ['audio'] } });
    expect(rejected).toMatchObject({
      kind: 'rejected',
      code: 'ERR_NO_CANDIDATE',
      reason:
        'no candidate model meets the constraints: small what it takes beside text is not stated; ' +
        'medium what it takes beside text is not stated; large does not take audio',
    });
  });

  it('refuse facts that make no sense', async () => {
    const models = { large: { contextWindow: -1 } };
    await expect(Router.load(path, { models })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: 'models["large"].contextWindow: expected >=1, got -1',
    });
  });
});

describe('a pin', () => {
  it('wins over policy and constraints, and the decision shows both', async () => {
    const decision = await routed({ pin: 'large', maxCostUsd: 0.001, tolerance: 1 });
    expect(decision).toMatchObject({ model: 'large', rule: 'pin', wouldRoute: 'small' });
    expect(decision.reason).toBe(
      'pinned by the caller, against a constraint (over 0.001 USD); the policy would choose small',
    );
    expect(decision.quality).toBe(decision.candidates[2]?.quality);
  });

  it('wins where the constraints leave nothing', async () => {
    expect(await routed({ pin: 'small', maxCostUsd: 1e-9 })).toMatchObject({
      model: 'small',
      wouldRoute: null,
    });
  });

  it('answers in time where no prediction can be made', async () => {
    await using slow = await Router.load(path, { lanes: 1, fallbackModel: null });
    expect(await slow.route(prompt, { pin: 'medium', deadlineMs: 1e-6 })).toMatchObject({
      kind: 'fallback',
      model: 'medium',
      cause: { code: 'ERR_DEADLINE' },
    });
  });
});

describe('a dry run', () => {
  it('uses the model that answers without a router, and says what would have been routed', async () => {
    expect(await routed({ dryRun: true, tolerance: 1 })).toMatchObject({
      model: 'large',
      rule: 'dry-run',
      wouldRoute: 'small',
      reason: 'dry run: the model that answers without a router; the policy would choose small',
    });
    expect(await routed({ dryRun: true, guard: { anchor: 'medium' } })).toMatchObject({ model: 'medium' });
    await using own = await Router.load(path, { ...patient, fallbackModel: 'small' });
    expect(await routed({ dryRun: true, tolerance: 0 }, own)).toMatchObject({ model: 'small' });
  });

  it('needs to know that model', async () => {
    await using none = await Router.load(older, patient);
    await expect(none.route(prompt, { dryRun: true })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message:
        'dryRun needs the model that answers without a router: pass pin or guard.anchor, or load the router with fallbackModel',
    });
  });
});

describe('a router of an earlier version', () => {
  it('routes without intervals', async () => {
    await using old = await Router.load(older, patient);
    expect(
      (await routed({ tolerance: 0.2, safetyMargin: 0.1 }, old)).candidates.map(({ interval }) => interval),
    ).toEqual([null, null, null]);
  });

  it.each<[RouteOptions, string]>([
    [{ guard: { anchor: 'large' } }, 'guard'],
    [{ tolerance: 0, thresholdStrategy: 'static-max' }, 'thresholdStrategy "static-max"'],
  ])('refuses what needs a calibration set: %o', async (options, what) => {
    await using old = await Router.load(older, patient);
    await expect(old.route(prompt, options)).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: `${what} needs a calibration set, which this router of an earlier version does not have: train it anew`,
    });
  });
});
