import { describe, expect, it } from 'vitest';
import { AnswerCache } from '../../lib/batching/answer-cache.ts';

const inputTokens = { count: 3, exact: true, encoded: 5 };
const answer = (quality: number) => ({
  quality: Float32Array.of(quality, 1 - quality),
  costValues: null,
  policyValues: null,
  features: null,
  inputTokens,
});

describe('AnswerCache', () => {
  it('keeps a copy of the scores, not the batch they are a view of', () => {
    const cache = new AnswerCache(2 ** 16);
    const batch = Float32Array.of(0.25, 0.5, 0.75, 1);
    const costs = Float32Array.of(0.1, 0.2, 0.3, 0.4);
    const seen = Float32Array.of(0.5, 0.6, 0.7, 0.8);
    const rows = Uint16Array.of(1, 2, 3, 4);
    cache.set('prompt', {
      quality: batch.subarray(2),
      costValues: costs.subarray(2),
      policyValues: seen.subarray(2),
      features: rows.subarray(2),
      inputTokens,
    });
    for (const values of [batch, costs, seen, rows]) values.fill(0);
    const kept = cache.get('prompt');
    expect(kept).toEqual({
      quality: Float32Array.of(0.75, 1),
      costValues: Float32Array.of(0.3, 0.4),
      policyValues: Float32Array.of(0.7, 0.8),
      features: Uint16Array.of(3, 4),
      inputTokens,
    });
    expect(kept?.quality.buffer.byteLength).toBe(8);
    expect(kept?.costValues?.buffer.byteLength).toBe(8);
    expect(kept?.policyValues?.buffer.byteLength).toBe(8);
    expect(kept?.features?.buffer.byteLength).toBe(4);
  });

  it('stays within its bytes, and forgets what was not asked for longest', () => {
    const cache = new AnswerCache(20_000);
    cache.set('asked for', answer(0.5));
    for (let index = 0; index < 100; index++) {
      cache.set(`prompt ${index}`, answer(0.5));
      cache.get('asked for');
    }
    expect(cache.stats).toMatchObject({ hits: 100, misses: 0, maxBytes: 20_000 });
    expect(cache.stats.bytes).toBeLessThanOrEqual(20_000);
    expect(cache.stats.entries).toBeGreaterThan(30);
    expect(cache.get('prompt 0')).toBeUndefined();
  });

  it('does not keep a prompt that would take more than a sixteenth of it', () => {
    const cache = new AnswerCache(2 ** 16);
    cache.set('small', answer(0.5));
    cache.set('x'.repeat(4000), answer(0.5));
    expect(cache.stats.entries).toBe(1);
  });
});
