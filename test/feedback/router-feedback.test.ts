import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readArtifact } from '../../lib/artifact/artifact.ts';
import { predictAll } from '../../lib/estimator/predict.ts';
import { FeedbackStore } from '../../lib/feedback/store.ts';
import { widenFloat16 } from '../../lib/onnx/half.ts';
import { narrowFloat16 } from '../../lib/pool/narrow-float16.ts';
import { Router } from '../../lib/router.ts';
import { temporaryFolder, tinyCostHead, writeTinyRouter } from '../support/tiny-router.ts';

let folder: ReturnType<typeof temporaryFolder>;
const at = (name: string) => join(folder.path, name);
beforeAll(async () => {
  folder = temporaryFolder();
  await writeTinyRouter(at('router'), {}, { costHead: tinyCostHead() });
});
afterAll(() => folder.clean());

describe('Router.feedback', () => {
  it('keeps of a decision what it was made from, whether it was computed, shared or from the cache', async () => {
    const path = at('kept');
    const options = { lanes: 1, cacheMb: 1, deadlineMs: Number.POSITIVE_INFINITY, feedback: { path } };
    const router = await Router.load(at('router'), options);
    const asked = ['What is a prime?', 'What is a prime?', 'Write a poem about rivers.'];
    const decisions = [
      ...(await Promise.all(asked.map((prompt) => router.route(prompt)))),
      await router.route(asked[0] ?? '', { explore: { rate: 1, seed: 3 }, exclude: ['large'] }),
    ].map((decision) => {
      if (decision.kind !== 'routed') throw new Error('nothing was routed');
      return decision;
    });
    expect(decisions.map(({ source }) => source)).toEqual(['lane', 'shared', 'lane', 'cache']);
    for (const { id } of decisions) await router.feedback(id, 0.5);
    expect(router.stats().feedback).toEqual({ pending: 0, scored: 4, lost: 0 });
    await router.close();

    await using store = await FeedbackStore.open(path, { readOnly: true });
    const records = new Map(Array.from(store.scored(), (record) => [record.id, record]));
    const { estimator, manifest } = await readArtifact(at('router'));
    for (const decision of decisions) {
      const record = records.get(decision.id);
      if (record === undefined) throw new Error('a decision is missing');
      expect(record).toMatchObject({
        model: decision.model,
        probability: decision.probability,
        policy: decision.policy,
        inputTokens: decision.inputTokens.count,
        prompt: null,
        router: manifest.tensors.sha256,
      });
      const { candidates } = decision;
      expect([...record.quality]).toEqual(candidates.map(({ quality }) => quality));
      expect([...record.costUsd]).toEqual(candidates.map(({ costUsd }) => costUsd));
      expect([...record.atChoice]).toEqual(candidates.map(({ excluded }) => (excluded === null ? 1 : 0)));
      const again = predictAll(estimator, widenFloat16(record.features), 1);
      for (const [index, quality] of again.entries())
        expect(Math.abs(quality - (record.quality[index] ?? 0))).toBeLessThan(5e-4);
    }
    expect(records.get(decisions[3]?.id ?? '')?.probability).toBe(0.5);
    expect(store.routers().get(manifest.tensors.sha256)).toEqual({
      models: estimator.models,
      encoder: manifest.encoder,
    });
  });

  it('keeps the prompt where it is asked to', async () => {
    const path = at('prompts');
    await using router = await Router.load(at('router'), {
      lanes: 1,
      feedback: { path, keepPrompts: true },
    });
    const decision = await router.route('What is a prime?', { deadlineMs: Number.POSITIVE_INFINITY });
    if (decision.kind !== 'routed') throw new Error('nothing was routed');
    await router.feedback(decision.id, 1, { costUsd: 0.25 });
    await router.close();
    await using store = await FeedbackStore.open(path, { readOnly: true });
    expect(Array.from(store.scored(), ({ prompt, paidUsd }) => [prompt, paidUsd])).toEqual([
      ['What is a prime?', 0.25],
    ]);
  });

  it('is refused by a router without a store, for an unknown decision, and after close', async () => {
    const plain = await Router.load(at('router'), { lanes: 1 });
    expect(plain.stats().feedback).toBeNull();
    await expect(plain.feedback('x', 1)).rejects.toMatchObject({
      code: 'ERR_NO_FEEDBACK_STORE',
      message: 'this router keeps no decisions: load it with { feedback: { path } }',
    });
    await plain.close();
    await expect(plain.feedback('x', 1)).rejects.toMatchObject({ code: 'ERR_CLOSED' });

    await using router = await Router.load(at('router'), { lanes: 1, feedback: { path: at('errors') } });
    await expect(router.feedback('nothing', 1)).rejects.toMatchObject({
      code: 'ERR_UNKNOWN_DECISION',
      message:
        'no decision "nothing" is stored: decisions wait 7 days for a score, and the last 50000 at most',
    });
    await expect(router.feedback('nothing', 2)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  it('fails to load where the store cannot be opened, and leaves no lane behind', async () => {
    await expect(
      Router.load(at('router'), { lanes: 1, feedback: { path: '/dev/null/feedback' } }),
    ).rejects.toMatchObject({ code: 'ERR_IO' });
  });
});

describe('narrowFloat16', () => {
  it('is the inverse of widening, and rounds to the nearest, ties to even', () => {
    const halves = Uint16Array.from({ length: 0x10000 }, (_, half) => half).filter(
      (half) => (half & 0x7c00) !== 0x7c00 || (half & 0x3ff) === 0,
    );
    expect(narrowFloat16(widenFloat16(halves))).toEqual(halves);
    const between = Float32Array.of(1 + 2 ** -11, 1 + 3 * 2 ** -11, 65_519, 65_520, 2 ** -25, 3 * 2 ** -25);
    expect([...narrowFloat16(between)]).toEqual([0x3c00, 0x3c02, 0x7bff, 0x7c00, 0, 2]);
    expect(narrowFloat16(Float32Array.of(Number.NaN))[0]).toBe(0x7e00);
  });
});
