import { describe, expect, test } from 'vitest';
import { compare } from '../../lib/evaluate/compare.ts';
import { comparisonCsv, evaluationCsv } from '../../lib/evaluate/csv.ts';
import { evaluate } from '../../lib/evaluate/evaluate.ts';
import type { EvaluationInput } from '../../lib/evaluate/input.ts';
import { renderComparison } from '../../lib/evaluate/render-comparison.ts';
import { selectColumns } from '../../lib/evaluate/select-columns.ts';
import { Random } from '../support/random.ts';
import { madeInput } from './support.ts';

const input = madeInput({ rows: 400 });

/** The same rows, predicted with more noise. */
function noisier(noise: number, seed: number): EvaluationInput {
  const random = new Random(seed);
  return {
    ...input,
    predictedQuality: Float64Array.from(input.predictedQuality, (q) => q + noise * (random.next() - 0.5)),
  };
}

describe('compare', () => {
  const options = { resamples: 300, seed: 3 };
  const compared = compare(
    [
      { name: 'a', input },
      { name: 'b', input: noisier(0.02, 1) },
      { name: 'c', input: noisier(2, 2), notes: ['noisy'] },
      { name: 'again', input },
    ],
    options,
  );
  const [a, b, c, again] = compared.routers;

  test('evaluates each router as it would be by itself', () => {
    expect(c?.evaluation).toEqual(evaluate(noisier(2, 2), { ...options, notes: ['noisy'] }));
  });

  test('finds no difference of a router to itself, and none of the first', () => {
    expect(a?.differences).toBeNull();
    for (const { value, interval } of Object.values(again?.differences ?? {})) {
      expect([value ?? 0, ...(interval ?? [0, 0])]).toEqual([0, 0, 0]);
    }
  });

  test('pairs resamples: differences of like routers are far narrower than what they are made of', () => {
    const width = ([low, high]: readonly [number, number] = [0, 0]) => high - low;
    const difference = b?.differences?.area;
    expect(difference?.value).toBeCloseTo((b?.evaluation.area ?? 0) - (a?.evaluation.area ?? 0), 12);
    expect(width(difference?.interval ?? undefined)).toBeGreaterThan(0);
    expect(width(difference?.interval ?? undefined)).toBeLessThan(
      0.4 * width(a?.evaluation.figures.area?.interval ?? undefined),
    );
  });

  test('tells a router that is clearly worse from one that may be as good', () => {
    const text = renderComparison(compared);
    expect(text).toMatch(/\n +c +.*worse\n/);
    expect(text).not.toMatch(/\n +again +.*(worse|better)\n/);
    expect(c?.differences?.gapClosed?.interval?.[1]).toBeLessThan(0);
    expect(text).toContain('- c: noisy');
    expect(text).toMatch(/gap closed.*\n +b .* %.* points .* points/);
  });

  test('goes through JSON unchanged', () => {
    expect(JSON.parse(JSON.stringify(compared))).toEqual(compared);
  });

  test('needs two routers', () => {
    expect(() => compare([{ name: 'a', input }])).toThrow('compare: expected two or more routers, got 1');
  });
});

describe('CSV', () => {
  test('has one line a figure, with empty fields where there is nothing', () => {
    const lines = evaluationCsv(evaluate(input, { resamples: 0 })).split('\r\n');
    expect(lines[0]).toBe('figure,label,unit,better,value,low,high');
    expect(lines).toContainEqual(expect.stringMatching(/^gapClosed,gap closed,share,higher,0\.\d+,,$/));
    expect(lines).toContainEqual(expect.stringMatching(/^csr@1,"saved, router at 1, in hindsight",share/));
    expect(lines.at(-1)).toBe('');
  });

  test('of a comparison names the router, quoted where it must be', () => {
    const named = compare(
      [
        { name: 'a,"b"', input },
        { name: 'c', input },
      ],
      { resamples: 5 },
    );
    const lines = comparisonCsv(named).split('\r\n');
    expect(lines[1]).toMatch(/^gapClosed,gap closed,share,higher,"a,""b""",0\.\d+,0\.\d+,0\.\d+,,,$/);
    expect(lines.filter((line) => /^gapClosed,.*,c,.*,0,0,0$/.test(line))).toHaveLength(1);
  });
});

describe('selectColumns', () => {
  test('keeps the columns asked for, in their order', () => {
    const intervals = {
      low: new Float64Array(2000),
      high: input.predictedQuality as Float64Array,
      nominal: 0.9,
    };
    const {
      models,
      scores,
      intervals: kept,
    } = selectColumns({ ...input, intervals }, ['model-3', 'model-0']);
    expect(models).toEqual(['model-3', 'model-0']);
    expect([scores[2], scores[3]]).toEqual([input.scores[8], input.scores[5]]);
    expect(kept?.high[3]).toBe(input.predictedQuality[5]);
  });

  test('refuses a model that is not there', () => {
    expect(() => selectColumns(input, ['gpt-5'])).toThrow('no column "gpt-5" among model-0, model-1');
  });
});
