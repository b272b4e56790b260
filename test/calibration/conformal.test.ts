import { describe, expect, it } from 'vitest';
import type { CalibrationSet } from '../../lib/calibration/calibration-set.ts';
import { ConformalIntervals } from '../../lib/calibration/conformal.ts';
import { coverageOf } from '../../lib/calibration/coverage.ts';
import { Random } from '../support/random.ts';
import { nearly, type PlantedModel, plantedSet } from './planted.ts';

/** One is surely right on easy prompts, one is always a coin toss, one is predicted far too high. */
const models: readonly PlantedModel[] = [
  { usdPer1M: 1, chance: (u) => (u < 0.5 ? 0.98 : 0.5) },
  { usdPer1M: 2, chance: () => 0.5 },
  { usdPer1M: 3, chance: (u) => 0.6 * u, predicted: (u, random) => nearly(0.3 + 0.6 * u, 0.1, random) },
];

function intervalsFor({ predicted, models: { length: columns } }: CalibrationSet, by: ConformalIntervals) {
  return Array.from(predicted, (quality, cell) => by.intervalOf(cell % columns, quality));
}

/** `rows` prompts that one model is predicted to answer alike; `right` of them it does. */
function constantSet(quality: number, rows: number, right: number): CalibrationSet {
  const alike: PlantedModel = { usdPer1M: 1, chance: () => 0.5, predicted: () => quality };
  const scores = Float32Array.from({ length: rows }, (_, row) => (row < right ? 1 : 0));
  return { ...plantedSet([alike], rows, new Random(1)), scores };
}

describe('conformal intervals', () => {
  it.each([0.8, 0.9, 0.95])('cover new prompts with their nominal %s, by model and pooled', (coverage) => {
    const random = new Random(3);
    const shares: number[][] = [];
    for (let repeat = 0; repeat < 40; repeat++) {
      const intervals = new ConformalIntervals(plantedSet(models, 400, random), coverage);
      const fresh = plantedSet(models, 500, random);
      const report = coverageOf(intervalsFor(fresh, intervals), fresh.scores, fresh.models);
      shares.push([report.pooled.share ?? 0, ...Object.values(report.models).map(({ share }) => share ?? 0)]);
    }
    const means = [0, 1, 2, 3].map((column) => shares.reduce((sum, row) => sum + (row[column] ?? 0), 0) / 40);
    for (const mean of means) expect(mean).toBeGreaterThan(coverage - 0.01);
  });

  it('of continuous scores are no wider than they must be', () => {
    const random = new Random(4);
    const draw = (rows: number): CalibrationSet => {
      const predicted = Float32Array.from({ length: rows }, () => 0.3 + 0.4 * random.next());
      const scores = predicted.map((quality) => quality + 0.4 * (random.next() - 0.5));
      return {
        models: ['a'],
        rows,
        predicted,
        scores,
        inputTokens: new Float32Array(rows),
        costValues: null,
      };
    };
    const fresh = draw(20_000);
    const intervals = new ConformalIntervals(draw(2000), 0.9);
    const { pooled } = coverageOf(intervalsFor(fresh, intervals), fresh.scores, ['a']);
    expect(pooled.share).toBeCloseTo(0.91, 1);
    expect(pooled.meanWidth).toBeGreaterThan(0.34); // the best there can be: 90 % of a uniform spread of 0.4
    expect(pooled.meanWidth).toBeLessThan(0.39);
  });

  it('are narrow where a model is surely right, and wide where it tosses a coin', () => {
    const intervals = new ConformalIntervals(plantedSet(models, 1500, new Random(5)), 0.9);
    const [low, high] = intervals.intervalOf(0, 0.98);
    expect(high - low).toBeLessThan(0.1);
    const [coinLow, coinHigh] = intervals.intervalOf(1, 0.5);
    expect(coinHigh - coinLow).toBeGreaterThan(0.9);
  });

  it('stay within [0, 1] and around the prediction', () => {
    const intervals = new ConformalIntervals(plantedSet(models, 300, new Random(6)), 0.9);
    for (const quality of [0, 0.001, 0.5, 0.999, 1]) {
      const [low, high] = intervals.intervalOf(2, quality);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(low).toBeLessThanOrEqual(quality);
      expect(high).toBeGreaterThanOrEqual(quality);
      expect(high).toBeLessThanOrEqual(1);
    }
  });

  it('reach the very scores they were made of, where all predictions are alike and rounding could leave a score out', () => {
    for (let step = 1; step < 100; step++) {
      const quality = Math.fround(step / 100);
      const rarer = constantSet(quality, 100, quality < 0.5 ? 20 : 80);
      const [low, high] = new ConformalIntervals(rarer, 0.9).intervalOf(0, quality);
      expect(quality < 0.5 ? high : low, `around ${quality}`).toBe(quality < 0.5 ? 1 : 0);
    }
  });

  it('of many rows are those of each prediction', () => {
    const intervals = new ConformalIntervals(plantedSet(models, 400, new Random(9)), 0.8);
    const fresh = plantedSet(models, 50, new Random(10));
    const { low, high, nominal } = intervals.around(fresh.predicted);
    expect(nominal).toBe(0.8);
    expect(Array.from(low, (end, cell) => [end, high[cell]])).toEqual(intervalsFor(fresh, intervals));
  });

  it('of many rows need a prediction for every model', () => {
    const intervals = new ConformalIntervals(plantedSet(models, 100, new Random(9)), 0.8);
    expect(() => intervals.around([0.5, 0.5])).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARGUMENT',
        message: 'intervals: expected predictions of shape [rows, 3 models], got 2 values',
      }),
    );
  });

  it('of a model with few rows are those of all models together', () => {
    const set = plantedSet(models, 400, new Random(7));
    const sparse = {
      ...set,
      scores: set.scores.map((score, cell) => (cell >= 30 && cell % 3 === 2 ? NaN : score)),
    };
    const neverRun = { ...set, scores: set.scores.map((score, cell) => (cell % 3 === 2 ? NaN : score)) };
    const [low, high] = new ConformalIntervals(neverRun, 0.9).intervalOf(2, 0.5);
    expect(high - low).toBeGreaterThan(0.5);
    const [someLow, someHigh] = new ConformalIntervals(sparse, 0.9).intervalOf(2, 0.5);
    expect(someHigh - someLow).toBeGreaterThan(0.5);
  });

  it('say nothing where the rows are too few for the coverage', () => {
    const tiny = new ConformalIntervals(plantedSet(models.slice(0, 1), 8, new Random(8)), 0.9);
    expect(tiny.intervalOf(0, 0.98)).toEqual([0, 1]);
  });
});

describe('coverageOf', () => {
  it('counts the cells that were run, ends of the interval included', () => {
    const report = coverageOf(
      [
        [0.2, 0.6],
        [0, 1],
        [0.5, 0.7],
        [0, 0.5],
      ],
      [0.6, Number.NaN, 0.4, 0.25],
      ['a', 'b'],
    );
    expect(report.models.a?.cells).toBe(2);
    expect(report.models.a?.share).toBe(0.5);
    expect(report.models.a?.meanWidth).toBeCloseTo(0.3, 12);
    expect(report.models.b).toEqual({ cells: 1, share: 1, meanWidth: 0.5 });
    expect(report.pooled.share).toBeCloseTo(2 / 3, 12);
  });

  it('has no share of a model that was never run', () => {
    expect(coverageOf([[0, 1]], [Number.NaN], ['a']).pooled).toEqual({
      cells: 0,
      share: null,
      meanWidth: null,
    });
  });

  it('refuses shapes that disagree', () => {
    expect(() => coverageOf([[0, 1]], [1, 0], ['a', 'b'])).toThrow(
      'coverageOf: expected [rows, 2 models] of intervals and scores, got 1 and 2',
    );
  });
});
