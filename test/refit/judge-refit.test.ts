import { describe, expect, it } from 'vitest';
import { learningRowsOf } from '../../lib/refit/hold-out.ts';
import { judgeRefit } from '../../lib/refit/judge-refit.ts';
import { choicesBy, routingChange } from '../../lib/refit/routing-value.ts';
import { Random } from '../support/random.ts';
import { alike, coin, plantedFeedback } from './planted.ts';

const models = ['first', 'second'];
/** Decisions that went to `first`, but for one in ten that was explored, at a rate of 0.2. */
function logOf(rows: number, chances: readonly [number, number], seed: number) {
  const random = new Random(seed);
  return plantedFeedback(
    models,
    Array.from({ length: rows }, () => {
      const chosen = random.next() < 0.9 ? 0 : 1;
      return { chosen, score: coin(random, chances[chosen] ?? 0), probability: chosen === 0 ? 0.9 : 0.1 };
    }),
  );
}

describe('judgeRefit', () => {
  it('keeps predictions that foresee held-out scores better', () => {
    const feedback = logOf(150, [0.3, 0.7], 1);
    const { verdict, logLoss, value, changed } = judgeRefit(
      feedback,
      alike(150, [0.8, 0.7]),
      alike(150, [0.3, 0.7]),
    );
    expect(verdict).toBe('kept');
    expect(logLoss.interval[1]).toBeLessThan(0);
    expect(changed).toBe(1);
    expect(value.mean).toBeCloseTo(0.4, 0);
  });

  it('does not keep what changes nothing, or changes it by less than chance', () => {
    const feedback = logOf(150, [0.8, 0.7], 2);
    const old = alike(150, [0.8, 0.7]);
    expect(judgeRefit(feedback, old, old)).toMatchObject({
      verdict: 'no-gain',
      logLoss: { mean: 0, interval: [0, 0] },
      changed: 0,
      informed: 0,
    });
    expect(judgeRefit(feedback, old, alike(150, [0.79, 0.7])).verdict).toBe('no-gain');
  });

  it('refuses predictions that are worse', () => {
    const feedback = logOf(150, [0.8, 0.7], 3);
    expect(judgeRefit(feedback, alike(150, [0.8, 0.7]), alike(150, [0.3, 0.7])).verdict).toBe(
      'worse-predictions',
    );
  });

  it('refuses better predictions of one model that send everything to a worse one', () => {
    // What is said of `first` is right; of `second`, which hardly anything is known of, nonsense.
    const feedback = logOf(3000, [0.6, 0.1], 4);
    const old = alike(3000, [0.9, 0.15]);
    const judged = judgeRefit(feedback, old, alike(3000, [0.6, 0.65]));
    expect(judged.value.interval[1]).toBeLessThan(0);
    expect(['worse-routing', 'worse-predictions']).toContain(judged.verdict);
  });
});

describe('the value of routing', () => {
  it('is estimated without bias from a log that hardly ever chose the better model', () => {
    const truth = 0.9 - 0.4;
    const estimates = Array.from({ length: 40 }, (_, seed) => {
      const feedback = logOf(1000, [0.4, 0.9], 100 + seed);
      // The new predictions get the order right and both levels wrong.
      const { value } = routingChange(feedback, alike(1000, [0.8, 0.7]), alike(1000, [0.5, 0.6]));
      return value.reduce((sum, one) => sum + one, 0) / 1000;
    });
    const mean = estimates.reduce((sum, one) => sum + one, 0) / estimates.length;
    expect(mean).toBeCloseTo(truth, 1);
  });

  it('counts costs as the policy of the decision does', () => {
    const feedback = {
      ...plantedFeedback(models, [{ chosen: 0, score: 1 }], [0.01, 0.002]),
      policies: [{ kind: 'utility', costWeight: 10 } as const],
    };
    const change = routingChange(feedback, alike(1, [0.9, 0.5]), alike(1, [0.9, 0.85]));
    expect(change).toMatchObject({ changed: 1, informed: 1 });
    expect(change.costUsd[0]).toBeCloseTo(-0.008, 12);
    // 0.85 - 0.9, less the residual of what was chosen, 1 - 0.9, plus what is saved.
    expect(change.value[0]).toBeCloseTo(-0.05 - 0.1 + 0.08, 6);
  });

  it('applies the policy of each decision to the models that were up for choice', () => {
    const feedback = {
      ...plantedFeedback(models, [
        { chosen: 0, score: 1 },
        { chosen: 1, score: 1 },
        { chosen: 0, score: 1 },
      ]),
      policies: [
        { kind: 'tolerance', tolerance: 1 },
        { kind: 'tolerance', tolerance: 0 },
        { kind: 'tolerance', tolerance: 0 },
      ] as const,
      atChoice: Uint8Array.of(1, 1, 1, 1, 1, 0),
    };
    expect([...choicesBy(alike(3, [0.4, 0.8]), feedback)]).toEqual([0, 1, 0]);
  });
});

describe('learningRowsOf', () => {
  it('holds out a quarter, within bounds, and refuses too little', () => {
    expect(learningRowsOf(100, '')).toBe(60);
    expect(learningRowsOf(400, '')).toBe(300);
    expect(learningRowsOf(10_000, '')).toBe(9850);
    expect(() => learningRowsOf(99, '; 3 more are of models that it does not have')).toThrow(
      'a refit needs at least 100 scored decisions, the store has 99 that this router can learn from; 3 more are of models that it does not have',
    );
  });
});
