import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Batcher } from '../../lib/batching/batcher.ts';
import { Coalescer } from '../../lib/batching/coalescer.ts';
import { elapse } from './support.ts';

const lanes = 2;
const tokens = 100;
const deadlineMs = 150;
const seconds = 3;

// Simulated time: what is tested is the rule, not the machine.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Two lanes that take 1 ms a batch and 1 ms per 20 tokens; what they did is on record. */
function timedLanes() {
  const record = { busyMs: 0, prompts: 0 };
  const batcher = new Batcher<string>({
    lanes,
    maxQueue: 10_000,
    run: async (prompts) => {
      const start = performance.now();
      await elapse(1 + (prompts.length * tokens) / 20);
      record.busyMs += performance.now() - start;
      record.prompts += prompts.length;
      return prompts;
    },
  });
  return { coalescer: new Coalescer(batcher, () => tokens), record };
}

it('twice the load that lanes can take keeps them busy, and nearly all they do is in time', async () => {
  const { coalescer, record } = timedLanes();
  const outcomes: { readonly decided: boolean; readonly ms: number }[] = [];
  const ask = async (prompt: string) => {
    const start = performance.now();
    const decided = await coalescer.request(prompt, { signal: null, deadlineMs }).then(
      () => true,
      () => false,
    );
    outcomes.push({ decided, ms: performance.now() - start });
  };
  const start = performance.now();
  const perMs = (2 * lanes * 20) / tokens;
  const asked: Promise<void>[] = [];
  while (performance.now() - start < seconds * 1000) {
    const due = (performance.now() - start) * perMs;
    while (asked.length < due) asked.push(ask(`prompt ${asked.length}`));
    await vi.advanceTimersByTimeAsync(1);
  }
  const elapsedMs = performance.now() - start;
  await vi.advanceTimersByTimeAsync(2 * deadlineMs);
  await Promise.all(asked);
  const decided = outcomes.filter((outcome) => outcome.decided).length;
  expect(record.busyMs / (lanes * elapsedMs)).toBeGreaterThan(0.9);
  expect(decided / record.prompts).toBeGreaterThan(0.9);
  expect(Math.max(...outcomes.map(({ ms }) => ms))).toBeLessThanOrEqual(deadlineMs);
  // Most are told at once that they cannot make it, not after a wait.
  const refused = outcomes.filter((outcome) => !outcome.decided).map(({ ms }) => ms);
  expect(refused.filter((ms) => ms < 20).length).toBeGreaterThan(0.8 * refused.length);
});
