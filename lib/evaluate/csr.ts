import { curvePoint } from './curve.ts';
import type { CsrChoice } from './evaluation.ts';
import type { Point } from './hull.ts';
import { meanOutcome, type RowWeights } from './outcome.ts';
import type { SweptSetting } from './sweep.ts';

/** The levels of `CsrLevel`, the highest first. */
export const csrLevels = ['1', '0.99', '0.95'] as const;

/** Shares of the best single model's quality that a setting has to keep. */
export type CsrLevel = (typeof csrLevels)[number];

/** Indices into the swept settings; null where no setting keeps the share. */
export type SettingPerLevel = Readonly<Record<CsrLevel, number | null>>;

/** Sums of the same scores in another order must not decide whether a setting is level with the best model. */
const kRounding = 1e-12;

export function byLevel<T>(of: (level: CsrLevel) => T): Record<CsrLevel, T> {
  return { '1': of('1'), '0.99': of('0.99'), '0.95': of('0.95') };
}

/** At each level the cheapest setting whose mean quality is at least that share of `best`; of equals the better. */
export function cheapestSettings(
  swept: readonly SweptSetting[],
  weights: RowWeights,
  best: Point,
): SettingPerLevel {
  const points = swept.map(({ outcome }) => meanOutcome(outcome, weights));
  return byLevel((level) => {
    const enough = Number(level) * best.quality - kRounding;
    return firstInOrder(
      points,
      ({ quality }) => quality >= enough,
      (a, b) => a.costUsd - b.costUsd || b.quality - a.quality,
    );
  });
}

/** The setting of the highest mean quality, the cheaper of equals. */
export function bestSetting(swept: readonly SweptSetting[], weights: RowWeights): number {
  const points = swept.map(({ outcome }) => meanOutcome(outcome, weights));
  const order = (a: Point, b: Point) => b.quality - a.quality || a.costUsd - b.costUsd;
  return firstInOrder(points, () => true, order) ?? 0;
}

/** What a setting did on the weighted rows beside the best single model there. */
export function csrChoice(swept: SweptSetting, weights: RowWeights, best: Point): CsrChoice {
  const point = curvePoint(swept, weights);
  const qualityShare = best.quality > 0 ? point.quality / best.quality : 1;
  return { ...point, saving: savingOf(point, best), qualityShare };
}

/** Cost saving ratio: the share of the best single model's cost that is not spent. Negative where more is spent. */
export function savingOf(point: Point, best: Point): number {
  return best.costUsd > 0 ? 1 - point.costUsd / best.costUsd : 0;
}

function firstInOrder(
  points: readonly Point[],
  isAllowed: (point: Point) => boolean,
  order: (a: Point, b: Point) => number,
): number | null {
  let found: { point: Point; index: number } | null = null;
  for (const [index, point] of points.entries()) {
    if (!isAllowed(point)) continue;
    if (found === null || order(point, found.point) < 0) found = { point, index };
  }
  return found?.index ?? null;
}
