import type { Report } from './report.ts';
import { linearScale, type Scale } from './scale.ts';

/** Pixels of the chart, and of its frame within. */
export const chartSize = { width: 900, height: 500 } as const;
export const frame = {
  left: 56,
  right: chartSize.width - 16,
  top: 14,
  bottom: chartSize.height - 44,
} as const;

export interface CurveScales {
  /** USD per prompt. */
  readonly cost: Scale;
  readonly quality: Scale;
}

/** Wide enough for every setting of every router and the controls, but not for models dearer than all of those. */
export function curveScales({ routers }: Report): CurveScales {
  const shown = routers.flatMap(({ evaluation: { curve, controls, costRange } }) => [
    ...curve,
    ...[controls.cheapest, controls.best, controls.random, controls.bestPerSource, controls.oracle],
    { costUsd: costRange.toUsd, quality: controls.best.quality },
  ]);
  const mostUsd = Math.max(...shown.map(({ costUsd }) => costUsd));
  const singles = routers.flatMap(({ evaluation }) => evaluation.controls.single);
  const drawn = [...shown, ...singles.filter(({ costUsd }) => costUsd <= mostUsd)];
  const qualities = drawn.map(({ quality }) => quality);
  const [low, high] = [Math.min(...qualities), Math.max(...qualities)];
  const margin = 0.06 * (high - low || 1);
  return {
    cost: linearScale([0, 1.04 * mostUsd || 1], [frame.left, frame.right]),
    quality: linearScale(
      [Math.max(0, low - margin), Math.min(1.02, high + margin)],
      [frame.bottom, frame.top],
    ),
  };
}
