import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAddon } from '../bindings/load.ts';
import { findEncoder } from '../lib/artifact/encoder-files.ts';
import { costValues } from '../lib/cost/cost-head.ts';
import { predictCostsUsd } from '../lib/cost/predict-costs.ts';
import { openPriceCatalogue } from '../lib/cost/price-catalogue.ts';
import type { Decision, RoutedDecision } from '../lib/index.ts';
import { Router } from '../lib/index.ts';
import { Lanes } from '../lib/pool/lanes.ts';
import { embedPrompts } from '../lib/train/embed-prompts.ts';
import {
  modelsWithPredictedOutput,
  temporaryFolder,
  tinyCostHead,
  writeTinyRouter,
} from './support/tiny-router.ts';

const prompts = [
  'What is the capital of France?',
  'Write a Python function that merges two sorted lists, and explain it line by line.',
  'x',
];
const untimed = { lanes: 1, deadlineMs: Number.POSITIVE_INFINITY };

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
let router: Router;
beforeAll(async () => {
  folder = temporaryFolder();
  path = join(folder.path, 'router');
  await writeTinyRouter(path, { models: modelsWithPredictedOutput() }, { costHead: tinyCostHead() });
  router = await Router.load(path, { ...untimed, cacheMb: 1 });
});
afterAll(async () => {
  await router.close();
  folder.clean();
});

function routed(decision: Decision): RoutedDecision {
  if (decision.kind !== 'routed') throw new Error(decision.kind);
  return decision;
}

const costsOf = (decision: Decision) => routed(decision).candidates.map(({ costUsd }) => costUsd);

describe('a decision of a router that predicts costs', () => {
  it('lists the predicted answer and cost of every model, each within its interval', async () => {
    const { candidates, inputTokens } = routed(await router.route('Explain tides.'));
    for (const { costUsd, costIntervalUsd, outputTokens, model } of candidates) {
      const [low, high] = costIntervalUsd ?? [Number.NaN, Number.NaN];
      expect(low).toBeLessThan(costUsd);
      expect(high).toBeGreaterThan(costUsd);
      if (model === 'large') expect(outputTokens).toBeNull();
      else expect(outputTokens?.expected).toBeGreaterThan(outputTokens?.low ?? Number.NaN);
    }
    const [small] = candidates;
    const inputUsd = ((20 + 1.25 * inputTokens.count) * 1) / 1e6;
    expect(small?.costUsd).toBeCloseTo(inputUsd + (4 * (small?.outputTokens?.expected ?? 0)) / 1e6, 12);
  });

  it('costs other prompts differently, and the same prompt the same from the cache', async () => {
    const [first, second] = [await router.route('Explain the sea.'), await router.route('List ten birds.')];
    expect(costsOf(first)).not.toEqual(costsOf(second));
    const again = await router.route('Explain the sea.');
    expect(routed(again).source).toBe('cache');
    expect(routed(again).candidates).toEqual(routed(first).candidates);
  });

  it('costs less by what the provider has cached of the prompt', async () => {
    const prompt = 'Count these: one two three four five six seven eight nine ten.';
    const full = routed(await router.route(prompt)).candidates;
    const cached = routed(await router.route(prompt, { cachedInputTokens: 8 })).candidates;
    const saved = full.map(({ costUsd }, index) => costUsd - (cached[index]?.costUsd ?? Number.NaN));
    expect(saved).toEqual([
      expect.closeTo((8 * 0.75) / 1e6, 12),
      expect.closeTo((8 * 0.75) / 1e6, 12),
      0, // its cost was measured whole
    ]);
  });

  it('is made under the very costs that evaluation predicts for many prompts at once', async () => {
    const { manifest } = router;
    const encoder = await findEncoder(null, manifest.encoder.maxTokens);
    const lanes = await Lanes.start({ encoder: encoder.options, headId: null }, 1);
    try {
      const { maxTokens } = encoder.options;
      const { embeddings, inputTokens } = await embedPrompts(lanes, prompts, { maxTokens, blocks: [384] });
      const many = predictCostsUsd(
        manifest.models,
        costValues(tinyCostHead(), embeddings, inputTokens.length),
        [...inputTokens],
      );
      const single = [];
      for (const prompt of prompts) single.push(...costsOf(await router.route(prompt)));
      expect([...many]).toEqual(single);
    } finally {
      await lanes.close();
    }
  });
});

describe('Router.load', () => {
  it('replaces listed prices by those of today where asked, and nobody else’s', async () => {
    const found = (await openPriceCatalogue()).find('openai', 'gpt-4o');
    if ('missing' in found) throw new Error(found.missing);
    await using stored = await Router.load(path, untimed);
    await using fresh = await Router.load(path, { ...untimed, refreshPrices: true });
    const [before, after] = [costsOf(await stored.route('x')), costsOf(await fresh.route('x'))];
    const { outputTokens } = routed(await fresh.route('x')).candidates[0] ?? {};
    const { inputPer1M, outputPer1M } = found.price;
    expect(after[0]).toBeCloseTo(
      ((20 + 1.25) * inputPer1M + (outputTokens?.expected ?? 0) * outputPer1M) / 1e6,
      12,
    );
    expect(after.slice(1)).toEqual(before.slice(1));
  });

  it('frees both heads on close', async () => {
    const before = loadAddon().info().sharedHeads;
    const opened = await Router.load(path, untimed);
    expect(loadAddon().info().sharedHeads).toBe(before + 2);
    await opened.close();
    expect(loadAddon().info().sharedHeads).toBe(before);
  });
});
