/** The request path of a real router: deadlines, sharing, cache, statistics, aborting and closing under load. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Decision, type PointsmanError, Router, type RouterOptions } from '../lib/index.ts';
import { temporaryFolder, writeTinyRouter } from './support/tiny-router.ts';

const infinity = Number.POSITIVE_INFINITY;
/** Too many tokens for any deadline of a few milliseconds. */
const words = 'a prompt that a lane is at work on for some time '.repeat(12);
const distinct = (count: number) => Array.from({ length: count }, (_, index) => `${index}: ${words}`);

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
beforeAll(async () => {
  folder = temporaryFolder();
  path = join(folder.path, 'router');
  const defaults = {
    policy: { kind: 'tolerance' as const, tolerance: 0.1 },
    fallbackModels: ['large', 'medium', 'small'],
  };
  await writeTinyRouter(path, { defaults });
});
afterAll(() => folder.clean());

const load = (options: RouterOptions = {}) =>
  Router.load(path, { lanes: 1, deadlineMs: infinity, ...options });

describe('a request that misses its deadline', () => {
  it('is answered with the best model of the artifact, and the cause', async () => {
    await using router = await load();
    expect(await router.route(words, { deadlineMs: 0.001 })).toMatchObject({
      kind: 'fallback',
      model: 'large',
      cause: { code: 'ERR_DEADLINE', message: expect.stringContaining('deadlineMs is 0.001') },
    });
  });

  it("is answered with the caller's own fallbackModel first", async () => {
    await using router = await load({ fallbackModel: 'medium' });
    expect(await router.route(words, { deadlineMs: 0.001 })).toMatchObject({ model: 'medium' });
  });

  it('is answered with the best model that its own constraints leave', async () => {
    await using router = await load();
    const among = { deadlineMs: 0.001, candidates: ['small', 'medium'] };
    expect(await router.route(words, among)).toMatchObject({ model: 'medium' });
    expect(await router.route(words, { ...among, maxCostUsd: 0.001 })).toMatchObject({ model: 'small' });
  });

  it.each<[string, RouterOptions, object]>([
    ['fallbackModel is null', { fallbackModel: null }, {}],
    ['no model is cheap enough', {}, { maxCostUsd: 1e-12 }],
  ])('is rejected with ERR_DEADLINE where %s', async (_, options, request) => {
    await using router = await load(options);
    await expect(router.route(words, { deadlineMs: 0.001, ...request })).rejects.toMatchObject({
      code: 'ERR_DEADLINE',
    });
  });

  it('falls back where a rush leaves no time, decides what has no deadline, and counts both', async () => {
    await using router = await load({ deadlineMs: 200 });
    await router.routeMany(distinct(20));
    const rush = distinct(2000).map((prompt, index) =>
      router.route(`again ${prompt}`, index % 400 === 0 ? { deadlineMs: infinity } : {}),
    );
    const decisions = await Promise.all(rush);
    // No lane encodes 2,000 of these in 200 ms; how many it does depends on the machine, and may be none.
    expect(new Set(decisions.map(({ kind }) => kind))).toEqual(new Set(['routed', 'fallback']));
    for (let index = 0; index < 2000; index += 400) expect(decisions[index]?.kind).toBe('routed');
    const { fallbacks, decided } = router.stats().requests;
    expect((fallbacks.ERR_DEADLINE ?? 0) + decided).toBe(2020);
  });
});

describe('identical prompts', () => {
  it('share a computation, each decided under its own options', async () => {
    await using router = await load();
    const [best, cheapest] = await Promise.all([
      router.route(words, { tolerance: 0 }),
      router.route(words, { tolerance: 1 }),
    ]);
    expect(best).toMatchObject({ kind: 'routed', source: 'lane' });
    expect(cheapest).toMatchObject({ kind: 'routed', source: 'shared', model: 'small' });
    expect(router.stats()).toMatchObject({
      requests: { total: 2, decided: 2, shared: 1 },
      lanes: { batches: 1 },
    });
  });

  it('are answered from the cache where there is one, as a lane answers them', async () => {
    await using router = await load({ cacheMb: 1 });
    const computed = await router.route(words);
    const cached = await router.route(words);
    expect(cached).toMatchObject({ source: 'cache', timings: { queueMs: 0, laneMs: 0 } });
    const essence = (decision: Decision) => ({ ...decision, id: null, source: null, timings: null });
    expect(essence(cached)).toEqual(essence(computed));
    expect(router.stats().cache).toMatchObject({ hits: 1, misses: 1, entries: 1, maxBytes: 2 ** 20 });
  });

  it('push the least recently used out of a full cache', async () => {
    await using router = await load({ cacheMb: 0.1 });
    const prompts = distinct(100);
    await router.routeMany(prompts);
    const { entries = 0, bytes = 0, maxBytes = 0 } = router.stats().cache ?? {};
    expect(entries).toBeGreaterThan(10);
    expect(entries).toBeLessThan(100);
    expect(bytes).toBeLessThanOrEqual(maxBytes);
    expect(await router.route(prompts.at(-1) ?? '')).toMatchObject({ source: 'cache' });
    expect(await router.route(prompts[0] ?? '')).toMatchObject({ source: 'lane' });
  });
});

describe('stats', () => {
  it('counts what was asked, answered and refused', async () => {
    await using router = await load({ maxQueue: 2, lanes: 1 });
    const settled = await Promise.allSettled(distinct(5).map((prompt) => router.route(prompt)));
    expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(3);
    const stats = router.stats();
    expect(stats).toMatchObject({
      requests: { total: 5, decided: 2, fallbacks: {}, errors: { ERR_QUEUE_FULL: 3 } },
      queue: { waiting: 0, waitingTokens: 0, limit: 2 },
      lanes: { count: 1, replaced: 0 },
      cache: null,
    });
    expect(stats.lanes.encodedTokens).toBe(2 * 128);
    expect(stats.lanes.tokensPerSecond).toBeGreaterThan(100);
    expect(JSON.parse(JSON.stringify(stats))).toEqual(stats);
  });
});

describe('an AbortSignal', () => {
  it('ends routeMany, and what it had in the queue', async () => {
    await using router = await load();
    const controller = new AbortController();
    const many = router.routeMany(distinct(2000), { signal: controller.signal });
    await router.route('passes the many', { deadlineMs: 60_000 });
    controller.abort(new Error('enough'));
    await expect(many).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: new Error('enough') });
    expect(router.stats().queue.waiting).toBe(0);
  });

  it('ends load before and during the start of the lanes', async () => {
    await expect(load({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    const controller = new AbortController();
    const loading = load({ signal: controller.signal });
    const remember = () => controller.abort(new Error('never mind'));
    process.once('worker', remember);
    await expect(loading).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: new Error('never mind') });
  });
});

describe('close under load', () => {
  it('settles every promise', async () => {
    const router = await load({ lanes: 2 });
    const settled = Promise.allSettled([
      ...distinct(50).map((prompt) => router.route(prompt)),
      ...distinct(50).map((prompt) => router.route(prompt, { deadlineMs: 30 })),
      router.routeMany(distinct(1500)),
    ]);
    await router.close();
    const outcomes = (await settled).map((outcome) =>
      outcome.status === 'rejected'
        ? (outcome.reason as PointsmanError).code
        : Array.isArray(outcome.value)
          ? 'many'
          : (outcome.value as Decision).kind,
    );
    expect(outcomes.slice(0, 50)).toEqual(new Array(50).fill('routed'));
    expect(outcomes.at(-1)).toBe('ERR_CLOSED');
  });
});
