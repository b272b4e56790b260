import { describe, expect, it } from 'vitest';
import type { CurvePoint, Evaluation } from '../../lib/evaluate/evaluation.ts';
import {
  chooseDefaultPolicy,
  choosePreferences,
  rankFallbackModels,
} from '../../lib/train/default-policy.ts';

const best = { quality: 0.8, costUsd: 0.01 };

function chosenFrom(curve: readonly CurvePoint[]) {
  return chooseDefaultPolicy({ curve, controls: { best } } as unknown as Evaluation);
}

describe('the default policy', () => {
  it('is the cheapest setting of any policy within 1 % of the best single model', () => {
    const curve: CurvePoint[] = [
      { policy: 'utility', setting: 0, quality: 0.81, costUsd: 0.012 },
      { policy: 'utility', setting: 20, quality: 0.793, costUsd: 0.006 },
      { policy: 'tolerance', setting: 0.05, quality: 0.792, costUsd: 0.005 },
      { policy: 'tolerance', setting: 0.1, quality: 0.79, costUsd: 0.001 },
    ];
    expect(chosenFrom(curve)).toEqual({ kind: 'tolerance', tolerance: 0.05 });
  });

  it('is the setting of the highest quality where none comes that close', () => {
    const curve: CurvePoint[] = [
      { policy: 'utility', setting: 5, quality: 0.7, costUsd: 0.009 },
      { policy: 'tolerance', setting: 0.5, quality: 0.6, costUsd: 0.001 },
    ];
    expect(chosenFrom(curve)).toEqual({ kind: 'utility', costWeight: 5 });
  });

  it('is tolerance 1 where the cheapest model is good enough, for JSON has no infinite weight', () => {
    const curve: CurvePoint[] = [{ policy: 'utility', setting: 'Infinity', quality: 0.8, costUsd: 0.0001 }];
    expect(chosenFrom(curve)).toEqual({ kind: 'tolerance', tolerance: 1 });
  });
});

describe('preferences in words', () => {
  const point = (setting: number, quality: number, costUsd: number): CurvePoint => ({
    policy: 'utility',
    setting,
    quality,
    costUsd,
  });
  const chosen = (curve: readonly CurvePoint[]) => choosePreferences({ curve } as unknown as Evaluation);

  it('are the ends of the curve, and what is farthest above the line between them', () => {
    const curve = [
      point(0, 0.8, 0.012),
      point(1, 0.8, 0.01),
      point(5, 0.78, 0.003),
      point(20, 0.6, 0.002),
      point(90, 0.5, 0.001),
      point(95, 0.4, 0.001),
    ];
    expect(chosen(curve)).toEqual({
      best: { policy: { kind: 'utility', costWeight: 1 }, quality: 0.8, costUsd: 0.01 },
      balanced: { policy: { kind: 'utility', costWeight: 5 }, quality: 0.78, costUsd: 0.003 },
      cheapest: { policy: { kind: 'utility', costWeight: 90 }, quality: 0.5, costUsd: 0.001 },
    });
  });

  it('are one setting where the best is the cheapest', () => {
    const only = point(2, 0.8, 0.001);
    const { best, balanced, cheapest } = chosen([only, point(0, 0.7, 0.01)]);
    expect(best.policy).toEqual({ kind: 'utility', costWeight: 2 });
    expect([balanced, cheapest]).toEqual([best, best]);
  });
});

it('models to fall back to are ranked by measured quality, best first', () => {
  const single = [
    { model: 'small', quality: 0.4, costUsd: 0.001 },
    { model: 'large', quality: 0.8, costUsd: 0.01 },
    { model: 'medium', quality: 0.6, costUsd: 0.005 },
  ];
  expect(rankFallbackModels({ controls: { single } } as unknown as Evaluation)).toEqual([
    'large',
    'medium',
    'small',
  ]);
});
