import { describe, expect, test } from 'vitest';
import { evaluate } from '../../lib/evaluate/evaluate.ts';
import type { EvaluationInput } from '../../lib/evaluate/input.ts';
import { renderEvaluation } from '../../lib/evaluate/render.ts';
import { cheapestMix } from '../../lib/evaluate/static-mix.ts';
import { madeInput } from './support.ts';

/** Always-cheap is right on half of the rows at 1 USD, always-dear on three quarters at 5. */
const byHand: EvaluationInput = {
  models: ['cheap', 'dear'],
  scores: [0, 1, 0, 1, 1, 1, 1, 0],
  costsUsd: [1, 5, 1, 5, 1, 5, 1, 5],
  predictedQuality: [0, 0.9, 0.2, 0.7, 0.5, 0.6, 0.8, 0.5],
  predictedCostUsd: [1, 5, 1, 5, 1, 5, 1, 5],
};

describe('static mixes', () => {
  const hull = [
    { model: 'a', costUsd: 1, quality: 0.2 },
    { model: 'b', costUsd: 2, quality: 0.6 },
    { model: 'c', costUsd: 4, quality: 0.8 },
  ];

  test('mix the two neighbours on the hull', () => {
    expect(cheapestMix(hull, 0.7)).toEqual({
      cheaper: 'b',
      dearer: 'c',
      dearerShare: expect.closeTo(0.5, 12),
    });
    expect(cheapestMix(hull, 0.1)).toEqual({ cheaper: 'a', dearer: 'a', dearerShare: 0 });
    expect(cheapestMix(hull, 0.9)).toEqual({ cheaper: 'c', dearer: 'c', dearerShare: 1 });
  });

  test('save what a router has to beat, with the quality they keep', () => {
    const { figures } = evaluate(byHand, { resamples: 0 });
    // 0.7125 of 0.5 to 0.75: 85 % dear, 4.4 USD instead of 5
    expect(figures['mix@0.95']?.value).toBeCloseTo(0.12, 12);
    expect(figures['mix@0.95.kept']?.value).toBeCloseTo(0.95, 12);
  });

  test('chosen on validation rows are held against the evaluated rows', () => {
    const validation = { ...byHand, scores: [1, 1, 1, 0, 1, 1, 1, 0] }; // the cheap one is the best there
    const { figures, controls } = evaluate(byHand, { validation, resamples: 0 });
    expect(controls.staticMix?.models).toEqual(['cheap']);
    expect(figures['mix@1']?.value).toBeCloseTo(0.8, 12);
    expect(figures['mix@1.kept']?.value).toBeCloseTo(2 / 3, 12);
    expect(figures['mixInHindsight@1']?.value).toBeCloseTo(0, 12);
    expect(figures['mix.area']?.value).toBeCloseTo(0.5, 12);
    expect(figures['zero.area']?.value).toBeCloseTo(0.625, 12);
  });
});

describe('savings', () => {
  test('in hindsight and as chosen stand side by side, each with the quality kept and intervals', () => {
    const { figures } = evaluate(madeInput({ seed: 1 }), {
      validation: madeInput({ seed: 2 }),
      resamples: 50,
    });
    for (const name of ['csr@0.95', 'csr@0.95.kept', 'csrInHindsight@0.95', 'csrInHindsight@0.95.kept']) {
      const [low = 1, high = 0] = figures[name]?.interval ?? [];
      expect(low).toBeLessThanOrEqual(figures[name]?.value ?? Number.NaN);
      expect(high).toBeGreaterThanOrEqual(figures[name]?.value ?? Number.NaN);
      expect(high).toBeGreaterThan(low);
    }
    expect(figures['csrInHindsight@0.95.kept']?.value).toBeGreaterThanOrEqual(0.95 - 1e-12);
    expect(figures['csrInHindsight@0.95']?.label).toContain('in hindsight');
  });

  test('are null where no setting reaches the level', () => {
    const wrong = {
      ...byHand,
      predictedQuality: [1, 0, 1, 0, 1, 0.9, 0, 1],
      predictedCostUsd: [1, 1, 1, 1, 1, 1, 1, 1],
    };
    const { figures } = evaluate(wrong, { resamples: 10 });
    expect(figures['csr@1']).toMatchObject({ value: null, interval: null });
  });
});

describe('controls', () => {
  test('each have quality, cost, saving and quality kept, with intervals', () => {
    const { figures } = evaluate(byHand, { resamples: 100 });
    const values = (name: string) =>
      ['quality', 'costUsd', 'saved', 'kept'].map((of) => figures[`${name}.${of}`]?.value);
    expect(values('cheapest')).toEqual([0.5, 1, 0.8, expect.closeTo(2 / 3, 12)]);
    expect(values('best')).toEqual([0.75, 5, 0, 1]);
    expect(values('random')).toEqual([0.625, 3, 0.4, expect.closeTo(5 / 6, 12)]);
    expect(values('oracle')).toEqual([1, 3, 0.4, expect.closeTo(4 / 3, 12)]);
    expect(figures['oracle.quality']?.interval).toEqual([1, 1]);
    expect(figures['random.kept']?.interval).not.toBeNull();
  });
});

describe('the per-source prior', () => {
  /** Source a: the dear model gains half a row; b: as many as it loses. Means with ten rows of all: 0.29 and 0.21 apart. */
  const input = { ...byHand, sources: ['a', 'b', 'a', 'b'] };
  const nan = Number.NaN;

  test('is a router that predicts the mean scores of the source on validation rows', () => {
    const { figures, controls } = evaluate(input, { validation: input, resamples: 50 });
    // source a moves to the dear model first: (1, 0.5), (3, 0.75), (5, 0.75); zero router 0.625, oracle 0.875
    const [area, gapClosed] = [expect.closeTo(0.6875, 12), expect.closeTo(0.25, 12)];
    expect(controls.sourcePrior).toEqual({ area, gapClosed, usesSource: true });
    expect(figures['sourcePrior.area']).toMatchObject({ value: area, unit: 'quality' });
    expect(figures['sourcePrior.gapClosed']).toMatchObject({
      value: gapClosed,
      interval: [expect.any(Number), expect.any(Number)],
      label: 'gap closed by per-source prior (uses the source)',
    });
  });

  test('chooses at the costs that the router predicts', () => {
    // on source b the dear model seems the cheaper one: b takes it at any weight
    const predictedCostUsd = [1, 5, 1, 0.9, 1, 5, 1, 0.9];
    const { controls } = evaluate({ ...input, predictedCostUsd }, { validation: input, resamples: 0 });
    // (1, 0.5), (3, 0.5), (5, 0.75)
    expect(controls.sourcePrior?.area).toBeCloseTo(controls.zero.area, 12);
  });

  test('stands among the areas of the printed evaluation', () => {
    const line = /^per-source prior \(uses the source\) +0\.6875 +25\.0 % *$/m;
    expect(renderEvaluation(evaluate(input, { validation: input, resamples: 0 }))).toMatch(line);
    expect(renderEvaluation(evaluate(input, { resamples: 0 }))).not.toContain('per-source prior');
  });

  test.each<[string, EvaluationInput | null, EvaluationInput]>([
    ['validation rows', null, input],
    ['sources', byHand, byHand],
    ['a second source', { ...input, sources: ['a', 'a', 'a', 'a'] }, input],
    ['a second source in common', { ...input, sources: ['a', 'c', 'a', 'c'] }, input],
    ['a validation score of each model', { ...input, scores: [0, nan, 0, nan, 1, nan, 1, nan] }, input],
  ])('is null without %s', (_, validation, evaluated) => {
    const { figures, controls } = evaluate(evaluated, {
      ...(validation === null ? {} : { validation }),
      resamples: 10,
    });
    expect(controls.sourcePrior).toBeNull();
    expect(figures['sourcePrior.gapClosed']).toMatchObject({ value: null, interval: null });
  });
});

describe('areas', () => {
  const { figures } = evaluate(byHand, { resamples: 0 });

  test('AIQ is the area under the hull over the dearest cost', () => {
    // router: (1, 0.5), (2, 0.75), (3, 1), flat to 5
    expect(figures.aiq?.value).toBeCloseTo((0.625 + 0.875 + 2) / 5, 12);
    expect(figures['zero.aiq']?.value).toBeCloseTo((4 * 0.625) / 5, 12);
  });

  test('of both policies are figures', () => {
    expect(figures['tolerance.gapClosed']?.value).toBeLessThanOrEqual(1);
    expect(figures.areaOverZero?.value).toBeCloseTo(0.875 - 0.625, 12);
    expect(evaluate(byHand, { policy: 'tolerance', resamples: 0 }).figures).toHaveProperty(['utility.area']);
  });

  test('as chosen allow only what validation rows had on their hulls', () => {
    const input = madeInput({ seed: 1 });
    const same = evaluate(input, { validation: input, resamples: 0 }).figures;
    expect(same.gapClosedAsChosen?.value).toBeCloseTo(same.gapClosed?.value ?? Number.NaN, 12);
    const other = evaluate(input, { validation: madeInput({ seed: 2, rows: 40 }), resamples: 0 });
    const { area } = other.policies.utility;
    const { zero, staticMix, oracle } = other.controls;
    expect(staticMix?.area).toBeLessThanOrEqual(zero.area);
    const most = (area - (staticMix?.area ?? 0)) / (oracle.area - (staticMix?.area ?? 0));
    expect(other.figures.gapClosedAsChosen?.value).toBeLessThanOrEqual(most + 1e-12);
  });
});

describe('coverage of prediction intervals', () => {
  const intervals = {
    low: Float64Array.of(0, 0.5, 0, 0.5, 0.9, 0.5, 0.5, 0.5),
    high: Float64Array.of(0.1, 1, 0.5, 0.9, 1, 1, 1, 0.6),
    nominal: 0.9,
  };

  test('is the share of measured scores inside, with the mean width', () => {
    const { figures } = evaluate({ ...byHand, intervals }, { resamples: 20 });
    // outside: 1 of (0.5, 0.9), 0 of (0.5, 0.6)
    expect(figures.coverage).toMatchObject({ value: 6 / 8, label: 'coverage of 90 % intervals' });
    expect(figures.intervalWidth?.value).toBeCloseTo((0.1 + 0.5 + 0.5 + 0.4 + 0.1 + 0.5 + 0.5 + 0.1) / 8, 12);
    expect(figures.coverage?.interval).not.toBeNull();
  });

  test('is told of each model', () => {
    const { coverage } = evaluate({ ...byHand, intervals }, { resamples: 0 });
    expect(coverage).toMatchObject({
      nominal: 0.9,
      models: { cheap: { cells: 4, share: 1 }, dear: { cells: 4, share: 0.5 } },
    });
    expect(evaluate(byHand, { resamples: 0 }).coverage).toBeNull();
  });

  test('is absent without intervals, and refused in another shape', () => {
    expect(evaluate(byHand, { resamples: 0 }).figures).not.toHaveProperty('coverage');
    const short = { ...intervals, low: new Float64Array(4) };
    expect(() => evaluate({ ...byHand, intervals: short })).toThrow(
      'intervals.low: expected [4 rows, 2 models], got 4 numbers',
    );
  });
});

describe('reliability', () => {
  test('puts mean predictions beside mean scores, over all models and for each', () => {
    const { reliability } = evaluate(byHand, { resamples: 0 });
    const cells = reliability.pooled.reduce((sum, bin) => sum + bin.cells, 0);
    expect(cells).toBe(8);
    // 0.5 of cheap on row 2 and of dear on row 3
    expect(reliability.pooled).toContainEqual({ cells: 2, predicted: 0.5, measured: 0.5 });
    expect(reliability.models.dear?.map(({ measured }) => measured)).toEqual([0, 1, 1, 1]);
  });
});

test('the band holds the curve it was made of', () => {
  const { band, area, costRange } = evaluate(madeInput(), { resamples: 200 });
  expect(band[0]?.costUsd).toBe(costRange.fromUsd);
  expect(band.at(-1)?.costUsd).toBe(costRange.toUsd);
  const mean = (of: (end: (typeof band)[number]) => number) =>
    band.reduce((sum, end) => sum + of(end), 0) / band.length;
  expect(mean(({ low }) => low)).toBeLessThan(area);
  expect(mean(({ high }) => high)).toBeGreaterThan(area);
});
