import type { Contest } from '../contest.ts';
import { savingOf } from '../csr.ts';
import type { FigureSpec, FigureValue, Metric } from '../metric.ts';
import { emptyOutcome, meanOutcome, type Outcome, type RowWeights } from '../outcome.ts';

/** Controls with a point of their own, by name; the cheapest and the best model are those of all evaluated rows. */
export const pointControls = {
  cheapest: 'always cheapest',
  best: 'always best',
  random: 'random',
  bestPerSource: 'best per source (uses the source)',
  oracle: 'oracle',
} as const;

/** Quality and cost of every control beside the best single model, and the areas of those that are curves. */
export const controlMetric: Metric = (contest) => {
  const outcomes = controlOutcomes(contest);
  const names = Object.entries(pointControls);
  const best = outcomes[names.findIndex(([name]) => name === 'best')];
  const figures = names.flatMap(([name, label]): FigureSpec[] => [
    { name: `${name}.quality`, label: `quality of ${label}`, unit: 'quality', better: 'higher' },
    { name: `${name}.costUsd`, label: `USD / prompt of ${label}`, unit: 'usd', better: 'lower' },
    { name: `${name}.saved`, label: `saved, ${label}`, unit: 'share', better: 'higher' },
    { name: `${name}.kept`, label: `quality kept, ${label}`, unit: 'share', better: 'higher' },
  ]);
  const area = (name: string, label: string): FigureSpec => ({
    name,
    label: `area of ${label}`,
    unit: 'quality',
    better: 'higher',
  });
  return {
    figures: [
      ...figures,
      area('zero.area', 'the zero router (best static mix in hindsight)'),
      { name: 'zero.aiq', label: 'AIQ of the zero router', unit: 'quality', better: 'higher' },
      area('mix.area', 'the static mix chosen on validation'),
      area('sourcePrior.area', 'per-source prior (uses the source)'),
      {
        name: 'sourcePrior.gapClosed',
        label: 'gap closed by per-source prior (uses the source)',
        unit: 'share',
        better: 'higher',
      },
      area('oracle.area', 'the oracle'),
    ],
    measure: ({ weights, areas }) => [
      ...outcomes.flatMap((outcome) => measureControl(outcome, best ?? outcome, weights)),
      areas.zero,
      areas.zeroAiq,
      areas.staticAsChosen,
      areas.sourcePrior?.area ?? null,
      areas.sourcePrior?.gapClosed ?? null,
      areas.oracle,
    ],
  };
};

function measureControl(outcome: Outcome, best: Outcome, weights: RowWeights): FigureValue[] {
  const point = meanOutcome(outcome, weights);
  const reference = meanOutcome(best, weights);
  const kept = reference.quality > 0 ? point.quality / reference.quality : null;
  return [point.quality, point.costUsd, savingOf(point, reference), kept];
}

/** In the order of `pointControls`. */
function controlOutcomes(contest: Contest): Outcome[] {
  const { cells, singles, random, perSource, oracle, inHindsight } = contest;
  const single = (model: string | undefined) =>
    singles.find((one) => one.model === model)?.outcome ?? emptyOutcome(cells.rows);
  const [cheapest] = inHindsight.mixModels;
  return [single(cheapest), single(inHindsight.best), random, perSource, oracle];
}
