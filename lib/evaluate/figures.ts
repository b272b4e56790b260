import { measureAreas } from './areas.ts';
import { interval95, type Resampling, resampleGroups } from './bootstrap.ts';
import type { Contest } from './contest.ts';
import { type CurveBand, CurveHeights } from './curve-band.ts';
import type { Figure, FigureSpec, FigureValue, PreparedMetric } from './metric.ts';
import { allMetrics } from './metrics/all.ts';
import { onesFor, type RowWeights } from './outcome.ts';

/** Every figure of a contest, on all rows and on every resample of them. */
export interface MeasuredFigures {
  readonly figures: Readonly<Record<string, Figure>>;
  /** By name, one value a resample, in the order of drawing: what paired differences are made of. */
  readonly samples: ReadonlyMap<string, readonly FigureValue[]>;
  /** Where the headline policy's hull lies in the resamples; empty without any. */
  readonly band: readonly CurveBand[];
}

/**
 * Measures a contest and bootstraps it over groups of prompts. Decisions, and what was chosen by them, are already made: a
 * resample only weighs rows anew. The cheapest and the best model, and with them the range of costs, are found again in
 * each resample for the areas, and stay what they are for savings.
 */
export function measureFigures(
  contest: Contest,
  resampling: Resampling,
  onProgress?: (done: number, total: number) => void,
): MeasuredFigures {
  const { cells, policy } = contest;
  const metrics = allMetrics.flatMap((metric) => metric(contest) ?? []);
  const specs = metrics.flatMap(({ figures }) => figures);
  const areas = measureAreas(contest, onesFor(cells.rows));
  const values = measureAll(metrics, onesFor(cells.rows), areas);
  const samples = specs.map((): FigureValue[] => []);
  const heights = new CurveHeights(areas.fromUsd, areas.toUsd);
  resampleGroups(cells.groups, cells.groupCount, resampling, (weights, sample) => {
    const sampled = measureAreas(contest, weights);
    for (const [index, value] of measureAll(metrics, weights, sampled).entries()) samples[index]?.push(value);
    heights.add(sampled.policies[policy].hull);
    onProgress?.(sample + 1, resampling.resamples);
  });
  return {
    figures: Object.fromEntries(
      specs.map((spec, index) => [spec.name, figureOf(spec, values[index] ?? null, samples[index] ?? [])]),
    ),
    samples: new Map(specs.map(({ name }, index) => [name, samples[index] ?? []])),
    band: heights.band(),
  };
}

function measureAll(
  metrics: readonly PreparedMetric[],
  weights: RowWeights,
  areas: ReturnType<typeof measureAreas>,
): FigureValue[] {
  return metrics.flatMap((metric) => metric.measure({ weights, areas }));
}

function figureOf(spec: FigureSpec, value: FigureValue, samples: readonly FigureValue[]): Figure {
  return { ...spec, value, interval: value === null ? null : interval95(samples) };
}
