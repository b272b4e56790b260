import { describe, expect, test } from 'vitest';
import { evaluate } from '../../lib/evaluate/evaluate.ts';
import type { EvaluationInput } from '../../lib/evaluate/input.ts';
import { renderEvaluation } from '../../lib/evaluate/render.ts';
import { madeInput, reorderModels, reorderRows } from './support.ts';

const nan = Number.NaN;

/**
 * Four rows, a cheap and a dear model at 1 and 5 USD. Scores: only the dear one is right on rows 0 and 1, both on row 2,
 * only the cheap one on row 3. Predictions prefer the dear model by 0.9, 0.5, 0.1 and -0.3.
 */
const byHand: EvaluationInput = {
  models: ['cheap', 'dear'],
  scores: [0, 1, 0, 1, 1, 1, 1, 0],
  costsUsd: [1, 5, 1, 5, 1, 5, 1, 5],
  predictedQuality: [0, 0.9, 0.2, 0.7, 0.5, 0.6, 0.8, 0.5],
  predictedCostUsd: [1, 5, 1, 5, 1, 5, 1, 5],
  sources: ['a', 'a', 'b', 'b'],
};

describe('a case worked by hand', () => {
  const found = evaluate(byHand, { resamples: 0 });

  test('finds the controls', () => {
    expect(found.controls.cheapest).toEqual({ model: 'cheap', quality: 0.5, costUsd: 1 });
    expect(found.controls.best).toEqual({ model: 'dear', quality: 0.75, costUsd: 5 });
    expect(found.controls.random).toEqual({ quality: 0.625, costUsd: 3 });
    expect(found.controls.oracle).toMatchObject({ quality: 1, costUsd: 3 });
    expect(found.controls.bestPerSource).toEqual({ quality: 1, costUsd: 3, usesSource: true });
    expect(found.costRange).toEqual({ fromUsd: 1, toUsd: 5 });
  });

  test('finds the areas of zero router, oracle and router', () => {
    // zero router: the line from (1, 0.5) to (5, 0.75)
    expect(found.controls.zero.area).toBeCloseTo(0.625, 12);
    // oracle: (1, 0.5) to (3, 1), then flat
    expect(found.controls.oracle.area).toBeCloseTo((2 * 0.75 + 2 * 1) / 4, 12);
    // router: rows 0, 1, 2 move to the dear model in this order: (1, 0.5), (2, 0.75), (3, 1), (4, 1)
    expect(found.area).toBeCloseTo(0.875, 12);
    expect(found.gapClosed).toBeCloseTo(1, 12);
    // cut at 0.75, the quality of the dear model: 0.625 over [1, 2], 0.75 over [2, 5]
    expect(found.policies.utility.boundedArqgc).toBeCloseTo(((0.625 + 3 * 0.75) / 4 - 0.5) / 0.25, 12);
  });

  test('finds the savings at each share of the best quality', () => {
    // (2, 0.75) is level with the dear model at 2 USD instead of 5
    expect(found.csr).toEqual({ '1': 1 - 2 / 5, '0.99': 1 - 2 / 5, '0.95': 1 - 2 / 5 });
    expect(found.csrChosenOn).toBe('test');
    expect(found.csrChoices['1']).toMatchObject({ quality: 0.75, costUsd: 2, qualityShare: 1 });
  });

  test('finds the errors of the predictions', () => {
    const misses = [0, 0.1, 0.2, 0.3, 0.5, 0.4, 0.2, 0.5];
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(found.prediction.mae).toBeCloseTo(mean(misses), 12);
    expect(found.prediction.brier).toBeCloseTo(mean(misses.map((miss) => miss ** 2)), 12);
    // 15 bins: 0.5 twice in one (predicted 1.0, measured 1), the others alone
    expect(found.prediction.ece).toBeCloseTo((0 + 0.1 + 0.2 + 0.3 + 0 + 0.4 + 0.2) / 8, 12);
    // row 0, 1 and 2: dear, right; row 3: cheap, right
    expect(found.prediction.top1).toBe(1);
  });

  test('lists each source beside its controls', () => {
    expect(found.sources).toEqual([
      {
        source: 'a',
        rows: 2,
        router: { quality: 0.5, costUsd: 3 },
        cheapest: { quality: 0, costUsd: 1 },
        best: { quality: 1, costUsd: 5 },
        bestHere: { model: 'dear', quality: 1, costUsd: 5 },
        oracle: { quality: 1, costUsd: 5 },
      },
      {
        source: 'b',
        rows: 2,
        router: { quality: 1, costUsd: 1 },
        cheapest: { quality: 1, costUsd: 1 },
        best: { quality: 0.5, costUsd: 5 },
        bestHere: { model: 'cheap', quality: 1, costUsd: 1 },
        oracle: { quality: 1, costUsd: 1 },
      },
    ]);
  });

  test('goes through JSON unchanged', () => {
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
    expect(found.curve.some(({ setting }) => setting === 'Infinity')).toBe(true);
  });
});

describe('gapClosed', () => {
  test('is 1 for a router that knows every score and cost', () => {
    const input = madeInput();
    const oracle = { ...input, predictedQuality: input.scores, predictedCostUsd: input.costsUsd };
    expect(evaluate(oracle, { resamples: 0 }).gapClosed).toBeCloseTo(1, 3);
  });

  test('is never above 1', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const input = madeInput({ rows: 8, seed, missing: 0.2 });
      const oracle = { ...input, predictedQuality: input.scores, predictedCostUsd: input.costsUsd };
      expect(evaluate(oracle, { resamples: 0 }).gapClosed).toBeLessThanOrEqual(1 + 1e-12);
    }
  });

  test('is 0 for a router that predicts each model its mean whatever the prompt', () => {
    const input = madeInput();
    const { single } = evaluate(input, { resamples: 0 }).controls;
    const columns = input.models.length;
    const repeat = (of: (model: number) => number) =>
      Float64Array.from({ length: input.scores.length }, (_, cell) => of(cell % columns));
    const constant = {
      ...input,
      predictedQuality: repeat((model) => single[model]?.quality ?? nan),
      predictedCostUsd: repeat((model) => single[model]?.costUsd ?? nan),
    };
    expect(evaluate(constant, { resamples: 0 }).gapClosed).toBeCloseTo(0, 12);
  });

  test('is null where the oracle cannot beat a static mix', () => {
    const level = { ...byHand, scores: [0, 1, 0, 1, 0, 1, 0, 1] };
    expect(evaluate(level, { resamples: 0 }).gapClosed).toBeNull();
  });

  test('reaches to the dearest model where the cheapest is also the best', () => {
    const found = evaluate({ ...byHand, scores: [1, 0, 1, 1, 1, 1, 0, 1] }, { resamples: 0 });
    expect(found.controls.best.model).toBe('cheap');
    expect(found.costRange).toEqual({ fromUsd: 1, toUsd: 5 });
    // flat at 0.75; the oracle reaches 1 at 2 USD
    expect(found.controls.zero.area).toBeCloseTo(0.75, 12);
    expect(found.controls.oracle.area).toBeCloseTo((0.875 + 3) / 4, 12);
  });
});

describe('an evaluation does not depend on', () => {
  const input = madeInput({ missing: 0.1 });
  const found = evaluate(input, { resamples: 0 });
  const figures = ({ area, gapClosed, controls, csr, prediction, policies }: typeof found) =>
    [
      area,
      gapClosed ?? nan,
      controls.zero.area,
      controls.oracle.area,
      controls.random.quality,
      csr['0.95'] ?? nan,
      prediction.mae,
      prediction.ece,
      prediction.top1,
      policies.tolerance.area,
    ].map((figure) => Number(figure.toPrecision(10)));

  test('the order of the rows', () => {
    const order = Array.from({ length: 300 }, (_, row) => (row * 7) % 300);
    expect(figures(evaluate(reorderRows(input, order), { resamples: 0 }))).toEqual(figures(found));
  });

  test('the order of the models', () => {
    expect(figures(evaluate(reorderModels(input, [3, 0, 4, 2, 1]), { resamples: 0 }))).toEqual(
      figures(found),
    );
  });

  test('the currency', () => {
    const scale = (costs: ArrayLike<number>) => Float64Array.from(costs, (cost) => cost * 1024);
    const dearer = {
      ...input,
      costsUsd: scale(input.costsUsd),
      predictedCostUsd: scale(input.predictedCostUsd),
    };
    expect(figures(evaluate(dearer, { resamples: 0 }))).toEqual(figures(found));
  });
});

describe('cells that were not run', () => {
  test('keep zero router, oracle and router on the same rows', () => {
    // the dear model was not run on row 3: there "always dear" takes the mean of those that were, here the cheap one
    const input = { ...byHand, scores: [0, 1, 0, 1, 1, 1, 1, nan] };
    const found = evaluate(input, { resamples: 0 });
    expect(found.controls.best).toEqual({ model: 'dear', quality: 1, costUsd: 4 });
    expect(found.controls.oracle).toMatchObject({ quality: 1, costUsd: 3 });
    expect(found.notes).toEqual([
      expect.stringContaining('1 of 2 models were not run on every row (the least on 75.0 %)'),
    ]);
  });

  test('and rows without any are left out, with a note', () => {
    const input = { ...byHand, costsUsd: [1, 5, 1, 5, 1, 5, nan, nan] };
    const found = evaluate(input, { resamples: 0 });
    expect(found.rows).toBe(3);
    expect(found.notes).toEqual(['1 of 4 rows have no run with a known cost: left out']);
  });

  test('leave a model out that was never run', () => {
    const input = { ...byHand, models: ['cheap', 'never'], scores: [0, nan, 0, nan, 1, nan, 1, nan] };
    const found = evaluate(input, { resamples: 0 });
    expect(found.controls.single.map(({ model }) => model)).toEqual(['cheap']);
    expect(found.notes).toEqual(['never run with a known cost here, left out: never']);
  });
});

describe('settings chosen on validation rows', () => {
  test('are reported as such, with what they did on the evaluated rows', () => {
    const input = madeInput({ seed: 1 });
    const found = evaluate(input, { validation: madeInput({ seed: 2 }), resamples: 0 });
    expect(found.csrChosenOn).toBe('validation');
    const chosen = found.csrChoices['0.95'];
    expect(found.csr['0.95']).toBe(chosen?.saving);
    expect(found.curve).toContainEqual(
      expect.objectContaining({ policy: 'utility', setting: chosen?.setting, quality: chosen?.quality }),
    );
    expect(found.csrChoicesOnTest).toEqual(evaluate(input, { resamples: 0 }).csrChoices);
  });

  test('need the same models', () => {
    expect(() => evaluate(byHand, { validation: madeInput() })).toThrow(
      /^validation: expected the models of the/,
    );
  });
});

describe('intervals', () => {
  const input = madeInput();

  test('are the same for the same seed and others for another', () => {
    const first = evaluate(input, { resamples: 50, seed: 9 });
    expect(evaluate(input, { resamples: 50, seed: 9 }).figures).toEqual(first.figures);
    expect(evaluate(input, { resamples: 50, seed: 8 }).figures.area).not.toEqual(first.figures.area);
  });

  test('of a quality are as wide as the normal approximation says', () => {
    const { figures, controls } = evaluate(input, { resamples: 400 });
    const [low, high] = figures['best.quality']?.interval ?? [nan, nan];
    const { quality } = controls.best;
    const deviation = Math.sqrt((quality * (1 - quality)) / 300);
    expect(low).toBeLessThan(quality);
    expect(high).toBeGreaterThan(quality);
    expect((high - low) / (2 * 1.96 * deviation)).toBeGreaterThan(0.8);
    expect((high - low) / (2 * 1.96 * deviation)).toBeLessThan(1.2);
  });

  test('are left out when no resamples are asked for', () => {
    const { figures, bootstrap, band } = evaluate(input, { resamples: 0 });
    expect(bootstrap).toBeNull();
    expect(band).toEqual([]);
    expect(Object.values(figures).filter(({ interval }) => interval !== null)).toEqual([]);
  });
});

describe('misuse is refused', () => {
  const cases: readonly (readonly [what: string, change: Partial<EvaluationInput>, message: string])[] = [
    [
      'predictions of another shape',
      { predictedQuality: [1, 1] },
      'predictedQuality: expected [4 rows, 2 models], got 2 numbers',
    ],
    ['no models', { models: [] }, 'scores: expected [0 rows, 0 models], got 8 numbers'],
    ['sources of other rows', { sources: ['a'] }, 'sources: expected one per row (4), got 1'],
    [
      'a prediction that is not a number',
      { predictedQuality: [0, 0.9, 0.2, nan, 0.5, 0.6, 0.8, 0.5] },
      'predictedQuality: expected a finite number at row 1, model "dear", got NaN',
    ],
    [
      'no run at all',
      { scores: new Float64Array(8).fill(nan) },
      'evaluation: expected rows with a score and a cost, got none',
    ],
  ];
  for (const [what, change, message] of cases) {
    test(what, () => expect(() => evaluate({ ...byHand, ...change })).toThrow(message));
  }

  test('half a resample', () => {
    const message = 'resamples must be a whole number, got 0.5';
    expect(() => evaluate(byHand, { resamples: 0.5 })).toThrow(message);
  });
});

describe('renderEvaluation', () => {
  const text = renderEvaluation(evaluate(byHand, { notes: ['a note'], resamples: 20 }));

  test('puts every saving in one table with its controls', () => {
    const [table = ''] = text.split('\n\n').filter((part) => part.includes('cost saved'));
    for (const row of [
      'always cheapest: cheap',
      'always best: dear',
      'random',
      'oracle',
      'router at 1 (utility',
      'static mix at 0.95',
    ]) {
      expect(table).toContain(row);
    }
    expect(table).toMatch(/router at 1 \(utility .*60\.0 %/);
    expect(text.replace(table, '')).not.toContain('saved');
  });

  test('is plain text without escape codes', () => {
    expect([...text].every((character) => character === '\n' || character >= ' ')).toBe(true);
    expect(text).toContain('- a note');
  });
});
