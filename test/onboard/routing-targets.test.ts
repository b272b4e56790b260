import { describe, expect, it } from 'vitest';
import { routingTargets } from '../../lib/onboard/routing-targets.ts';

const nan = Number.NaN;

describe('what a new model is fitted to', () => {
  const predicted = Float32Array.of(0.5, 0.75, 0.25, 0.5, 0.5, 0.5);
  const scores = Float64Array.of(1, 0, 1);

  it('is its score less the mean surprise of the old models on the prompt, of those that were run', () => {
    const oldScores = Float32Array.of(1, 1, 0, nan, nan, nan);
    const targets = routingTargets({ rows: 3, old: 2, predicted, oldScores, scores });
    expect([...targets]).toEqual([1 - (0.5 + 0.25) / 2, 0.25, 1]);
  });

  it('is its score where nothing is known of the old models', () => {
    expect(routingTargets({ rows: 3, old: 2, predicted, oldScores: null, scores })).toBe(scores);
  });
});
