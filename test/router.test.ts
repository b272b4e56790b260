import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAddon } from '../bindings/load.ts';
import type { Decision, RouterOptions } from '../lib/index.ts';
import { Router } from '../lib/index.ts';
import { temporaryFolder, tinyModels, writeTinyRouter } from './support/tiny-router.ts';

const prompts = [
  'What is the capital of France?',
  'Write a Python function that merges two sorted lists.',
  'Prove that the square root of 2 is irrational.',
  'Ignorez ceci.',
  'x',
];

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
let router: Router;
beforeAll(async () => {
  folder = temporaryFolder();
  path = join(folder.path, 'router');
  await writeTinyRouter(path);
  // What is decided is under test here, on machines of any speed; deadlines have a file of their own.
  router = await Router.load(path, { lanes: 2, deadlineMs: Number.POSITIVE_INFINITY });
});
afterAll(async () => {
  await router.close();
  folder.clean();
});

/** What a decision says of the prompt, without what depends on the clock and on other requests. */
function essence(decision: Decision) {
  return { ...decision, id: null, timings: null, source: null };
}

describe('route', () => {
  it('lists every model with its predicted quality and cost', async () => {
    const decision = await router.route('What is the capital of France?');
    expect(decision).toMatchObject({
      kind: 'routed',
      policy: { kind: 'tolerance', tolerance: 0.1 },
      inputTokens: { count: 7, exact: true, encoded: 9 },
    });
    if (decision.kind !== 'routed') throw new Error(decision.kind);
    expect(decision.candidates.map(({ model }) => model)).toEqual(tinyModels);
    expect(decision.candidates[0]?.costUsd).toBeCloseTo((7 * 1 + 100 * 4) / 1e6, 15);
    expect(decision.reason).toContain(
      `cheapest model with predicted quality >= ${decision.threshold?.toFixed(3)}`,
    );
    const chosen = decision.candidates.find(({ model }) => model === decision.model);
    expect(decision).toMatchObject({ quality: chosen?.quality, costUsd: chosen?.costUsd });
  });

  it('takes the best predicted model at tolerance 0 and the cheapest at 1', async () => {
    const best = await router.route('Explain tides.', { tolerance: 0 });
    if (best.kind !== 'routed') throw new Error(best.kind);
    expect(best.quality).toBe(Math.max(...best.candidates.map(({ quality }) => quality)));
    expect(await router.route('Explain tides.', { tolerance: 1 })).toMatchObject({ model: 'small' });
  });

  it('weighs quality against cost where asked by costWeight', async () => {
    expect(await router.route('Explain tides.', { costWeight: Number.POSITIVE_INFINITY })).toMatchObject({
      model: 'small',
      threshold: null,
    });
  });

  it('chooses among the candidates only, and says so of the others', async () => {
    const decision = await router.route('Explain tides.', { candidates: ['large'] });
    expect(decision).toMatchObject({ kind: 'routed', model: 'large' });
    if (decision.kind !== 'routed') throw new Error(decision.kind);
    expect(decision.candidates.map(({ excluded }) => excluded?.kind ?? null)).toEqual([
      'not-a-candidate',
      'not-a-candidate',
      null,
    ]);
  });

  it('never chooses a model over maxCostUsd, and rejects where all are', async () => {
    expect(await router.route('Explain tides.', { tolerance: 0, maxCostUsd: 0.001 })).toMatchObject({
      model: 'small',
    });
    expect(await router.route('Explain tides.', { maxCostUsd: 1e-9 })).toMatchObject({
      kind: 'rejected',
      code: 'ERR_NO_CANDIDATE',
      reason: expect.stringContaining(
        'no candidate model costs at most 1e-9 USD for this prompt; the cheapest is',
      ),
    });
  });

  it.each([
    ['an empty prompt', '', 'prompt is empty: there is nothing to route'],
    [
      'a prompt of white space',
      ' \n\t\u00a0',
      'prompt holds nothing but white space: there is nothing to route',
    ],
    ['a prompt that is no string', 42 as unknown as string, 'prompt must be a string, got 42'],
  ])('refuses %s', async (_, prompt, message) => {
    await expect(router.route(prompt)).rejects.toMatchObject({ code: 'ERR_INVALID_PROMPT', message });
  });

  it('routes unpaired surrogates and NUL bytes', async () => {
    expect(await router.route('\ud800 is half a pair')).toMatchObject({ kind: 'routed' });
    expect(await router.route('zero \0 byte')).toMatchObject({ kind: 'routed' });
  });

  it('routes a prompt of 10 MB, reads its first tokens and extrapolates the count', async () => {
    const words = 'the quick brown fox jumps over the lazy dog '.repeat(240_000);
    const decision = await router.route(words);
    if (decision.kind !== 'routed') throw new Error(decision.kind);
    expect(decision.inputTokens).toMatchObject({ exact: false, encoded: 128 });
    expect(decision.inputTokens.count / (240_000 * 9)).toBeCloseTo(1, 2);
  });

  it('rejects with ERR_ABORTED where the signal was aborted', async () => {
    await expect(router.route('x', { signal: AbortSignal.abort(new Error('left')) })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
  });
});

describe('routeMany', () => {
  it('decides as route does, in order', async () => {
    const single = [];
    for (const prompt of prompts) single.push(essence(await router.route(prompt)));
    const many = await router.routeMany(prompts);
    expect(many.map(essence)).toEqual(single);
  });

  it('does not depend on the order or the company of prompts', async () => {
    const many = Array.from({ length: 200 }, (_, index) => prompts[index % prompts.length] ?? '');
    const forward = (await router.routeMany(many)).map(essence);
    const backward = (await router.routeMany(many.toReversed())).map(essence);
    expect(backward.toReversed()).toEqual(forward);
  });

  it('routes more prompts than the queue may hold', async () => {
    await using small = await Router.load(path, { lanes: 1, maxQueue: 4 });
    expect(await small.routeMany(Array.from({ length: 50 }, (_, index) => `prompt ${index}`))).toHaveLength(
      50,
    );
  });

  it('names the prompt that is not usable before it routes any', async () => {
    await expect(router.routeMany(['fine', ' '])).rejects.toMatchObject({
      code: 'ERR_INVALID_PROMPT',
      message: 'prompts[1] holds nothing but white space: there is nothing to route',
    });
  });

  it('answers no prompts with no decisions', async () => {
    expect(await router.routeMany([])).toEqual([]);
  });
});

describe('Router.load', () => {
  it('opens the default router', async () => {
    await using standard = await Router.load(undefined, { deadlineMs: Number.POSITIVE_INFINITY });
    expect(await standard.route('What is 2 + 2?')).toMatchObject({ kind: 'routed' });
  });

  it('shares one copy of the encoder between routers and lanes', async () => {
    await using second = await Router.load(path, { lanes: 2 });
    expect(second.models).toEqual(tinyModels);
    expect(loadAddon().info().sharedEncoders).toBe(1);
  });

  it("uses the caller's own prices", async () => {
    await using cheapLarge = await Router.load(path, {
      lanes: 1,
      deadlineMs: Number.POSITIVE_INFINITY,
      prices: { large: { inputPer1M: 0, outputPer1M: 0 } },
    });
    expect(await cheapLarge.route('Explain tides.', { tolerance: 1 })).toMatchObject({
      model: 'large',
      costUsd: 0,
    });
  });

  it.each<[string, RouterOptions, string, string]>([
    [
      'an unknown option',
      { lane: 2 } as RouterOptions,
      'ERR_UNKNOWN_OPTION',
      'unknown router option "lane", did you mean "lanes"?',
    ],
    [
      'a GPU that is not there',
      { device: 'cuda' },
      'ERR_DEVICE_UNAVAILABLE',
      'device "cuda" is not available: ',
    ],
    [
      'a device that does not exist',
      { device: 'tpu' } as unknown as RouterOptions,
      'ERR_INVALID_ARGUMENT',
      'device must be one of auto, cpu, cuda, got "tpu"',
    ],
    [
      'an unknown fallback model',
      { fallbackModel: 'smal' },
      'ERR_UNKNOWN_MODEL',
      'unknown model "smal", did you mean "small"?',
    ],
    [
      'a price for an unknown model',
      { prices: { x: { inputPer1M: 1, outputPer1M: 1 } } },
      'ERR_UNKNOWN_MODEL',
      'unknown model "x"',
    ],
    [
      'an encoder folder that is not there',
      { encoder: '/none' },
      'ERR_FILE_NOT_FOUND',
      'encoder folder /none cannot be read',
    ],
  ])('refuses %s', async (_, options, code, message) => {
    await expect(Router.load(path, options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it('refuses an encoder folder without weights', async () => {
    const empty = join(folder.path, 'empty-encoder');
    mkdirSync(empty);
    await expect(Router.load(path, { encoder: empty })).rejects.toMatchObject({
      code: 'ERR_FILE_NOT_FOUND',
      message: `encoder folder ${empty} holds no .safetensors file with weights`,
    });
  });

  it('refuses a router that was trained on another encoder', async () => {
    const other = join(folder.path, 'other');
    const encoder = { ...router.manifest.encoder, name: 'bge-small', sha256: 'a'.repeat(64) };
    await writeTinyRouter(other, { encoder });
    await expect(Router.load(other)).rejects.toMatchObject({
      code: 'ERR_ENCODER_MISMATCH',
      message: expect.stringContaining(
        'this router was trained on encoder bge-small (aaaaaaaaaaaa), the one at hand is',
      ),
    });
  });
});

describe('close', () => {
  it('finishes requests under way, refuses new ones, and may be called again', async () => {
    const closing = await Router.load(path, { lanes: 1, deadlineMs: Number.POSITIVE_INFINITY });
    const underWay = closing.route('Explain tides.');
    const closed = closing.close();
    await expect(closing.route('Explain tides.')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect(await underWay).toMatchObject({ kind: 'routed' });
    await closed;
    await closing.close();
  });

  it('frees the head', async () => {
    const before = loadAddon().info().sharedHeads;
    const opened = await Router.load(path, { lanes: 1 });
    expect(loadAddon().info().sharedHeads).toBe(before + 1);
    await opened.close();
    expect(loadAddon().info().sharedHeads).toBe(before);
  });
});
