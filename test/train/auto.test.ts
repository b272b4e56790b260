import { describe, expect, it } from 'vitest';
import type { RoutingTable } from '../../lib/data/table.ts';
import type { TrainedKind } from '../../lib/estimator/estimator.ts';
import { selectEstimator } from '../../lib/train/auto.ts';
import { compareFigures, type KindFigures } from '../../lib/train/auto-choice.ts';
import { nestedFolds } from '../../lib/train/auto-folds.ts';
import { renderSelection } from '../../lib/train/auto-table.ts';
import { plantedData } from '../estimator/planted.ts';

const figures = (kind: TrainedKind, routingErrors: number[]): KindFigures => ({
  kind,
  routingErrors,
  gapsClosed: routingErrors.map((error) => 1 - error),
  seconds: 1,
});
const verdicts = (...kinds: KindFigures[]) =>
  Object.fromEntries(compareFigures(kinds).map(({ kind, verdict }) => [kind, verdict]));

describe('the choice between kinds', () => {
  it('takes the simplest that is within one standard error of the lowest routing error', () => {
    const chosen = verdicts(
      figures('ipr', [0.1, 0.2, 0.3]),
      figures('knn', [0.09, 0.22, 0.3]),
      figures('ridge', [0.11, 0.19, 0.305]),
      figures('constant', [0.15, 0.25, 0.35]),
    );
    expect(chosen).toEqual({ ipr: 'level', knn: 'level', ridge: 'chosen', constant: 'worse' });
  });

  it('compares fold by fold: a kind that is a little worse on every fold is worse, however much folds differ', () => {
    expect(verdicts(figures('ipr', [0.1, 0.5, 0.9]), figures('ridge', [0.12, 0.51, 0.93]))).toEqual({
      ipr: 'chosen',
      ridge: 'worse',
    });
  });

  it('states means, standard errors of the difference to the best, and gaps where there are any', () => {
    const gapless = { ...figures('ridge', [0.2, 0.4]), gapsClosed: [null, 0.5] };
    const [best, other] = compareFigures([figures('ipr', [0.1, 0.2]), gapless]);
    expect(best).toMatchObject({ routingError: expect.closeTo(0.15), standardError: 0 });
    expect(best?.gapClosed).toBeCloseTo(0.85);
    expect(best?.gapClosedError).toBeCloseTo(0.05);
    expect(other).toMatchObject({
      standardError: expect.closeTo(0.05),
      gapClosed: 0.5,
      gapClosedError: null,
    });
    expect(compareFigures([{ ...gapless, gapsClosed: [null, null] }])[0]?.gapClosed).toBeNull();
  });

  it('refuses to choose among nothing', () => {
    expect(() => compareFigures([])).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });
});

describe('nested folds', () => {
  const groups = Array.from({ length: 600 }, (_, row) => `group ${Math.floor(row / 3)}`);
  const rows = Array.from({ length: 500 }, (_, row) => row + 50);
  const folds = nestedFolds(groups, rows, { seed: 1, folds: 5, mostRows: 1000 });

  it('have each row in one outer fold, and all others in its training or validation part', () => {
    expect(folds).toHaveLength(5);
    expect(folds.flatMap(({ test }) => test).sort((a, b) => a - b)).toEqual(rows);
    for (const { train, validation, test } of folds) {
      expect([...train, ...validation, ...test].sort((a, b) => a - b)).toEqual(rows);
      expect(validation.length / (train.length + validation.length)).toBeGreaterThan(0.12);
      expect(validation.length / (train.length + validation.length)).toBeLessThan(0.4);
    }
  });

  it('keep a group on one side', () => {
    for (const { train, validation, test } of folds) {
      const sides = [train, validation, test].map((side) => new Set(side.map((row) => groups[row])));
      const inner = [...(sides[0] ?? []), ...(sides[1] ?? []), ...(sides[2] ?? [])];
      expect(new Set(inner).size).toBe(inner.length);
    }
  });

  it('use a part of the groups where there are more rows than asked for, and other ones with another seed', () => {
    const few = nestedFolds(groups, rows, { seed: 1, folds: 2, mostRows: 100 });
    const used = few.flatMap(({ test }) => test);
    expect(used.length).toBeGreaterThan(50);
    expect(used.length).toBeLessThan(150);
    expect(nestedFolds(groups, rows, { seed: 1, folds: 2, mostRows: 100 })).toEqual(few);
    expect(nestedFolds(groups, rows, { seed: 2, folds: 2, mostRows: 100 })).not.toEqual(few);
  });
});

/** The planted scores of the estimators' tests as a table with costs; `scores` may replace them. */
function plantedTable(rows: number, seed: number) {
  const { dimension, models, embeddings, scores } = plantedData(rows, seed);
  const ids = Array.from({ length: rows }, (_, row) => `row ${row}`);
  const unknown = new Float32Array(scores.length).fill(Number.NaN);
  const table: RoutingTable = {
    models,
    ids,
    prompts: ids,
    sources: ids.map(() => ''),
    groups: ids,
    scores,
    costsUsd: Float64Array.from(scores, (_, cell) => 0.001 * (4 - (cell % models.length))),
    inputTokens: unknown,
    outputTokens: unknown,
    origin: [],
  };
  const embedded = {
    dimension,
    blocks: [dimension],
    embeddings,
    inputTokens: new Float64Array(rows).fill(20),
  };
  return { table, embedded };
}

describe('selectEstimator', () => {
  const { table, embedded } = plantedTable(700, 61);
  const all = Array.from({ length: 600 }, (_, row) => row);
  const data = {
    table,
    embedded,
    rows: all,
    registry: new Map(),
  };
  const options = { seed: 0, folds: 3, kinds: ['constant', 'ridge', 'knn'] as const };

  it('tells kinds that learn the planted relation from the constant, without looking at test rows', async () => {
    const stages: string[] = [];
    const { kind, selection } = await selectEstimator(data, {
      ...options,
      onProgress: ({ stage }) => stages.push(stage),
    });
    const verdictOf = (name: string) => selection.kinds.find((one) => one.kind === name)?.verdict;
    expect(kind).toBe('ridge');
    expect(verdictOf('constant')).toBe('worse');
    expect(selection).toMatchObject({ folds: 3, rows: 600 });
    expect(stages).toHaveLength(9);
    expect(stages[4]).toBe('comparing estimators, fold 2 of 3: ridge');

    const spoilt = { ...table, scores: table.scores.slice().fill(1, 600 * table.models.length) };
    const again = await selectEstimator({ ...data, table: spoilt }, options);
    const withoutTime = (kinds: typeof selection.kinds) => kinds.map((one) => ({ ...one, seconds: 0 }));
    expect(withoutTime(again.selection.kinds)).toEqual(withoutTime(selection.kinds));
  });

  it('takes the constant where nothing can be learnt', async () => {
    const { length } = table.scores;
    const noise = plantedData(700, 62).scores;
    const shuffled = Float32Array.from({ length }, (_, cell) => noise[cell] as number);
    const { kind } = await selectEstimator({ ...data, table: { ...table, scores: shuffled } }, options);
    expect(kind).toBe('constant');
  });

  it('says in which fold a model has no score', async () => {
    const scores = table.scores.slice();
    for (let row = 1; row < 600; ++row) scores[row * table.models.length] = Number.NaN;
    await expect(selectEstimator({ ...data, table: { ...table, scores } }, options)).rejects.toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_DATA',
        message: expect.stringMatching(
          /^auto: constant on the rows outside fold \d: model generalist has no score/,
        ),
      }),
    );
  });

  it('ends with ERR_ABORTED where the signal is aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(selectEstimator(data, { ...options, signal })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_ABORTED' }),
    );
  });

  it('is printed with its rule and one line a kind', () => {
    const kinds = compareFigures([
      figures('ipr', [0.1, 0.3]),
      { ...figures('constant', [0.3, 0.5]), gapsClosed: [null, null] },
    ]);
    const lines = renderSelection({ rule: 'the rule', folds: 2, rows: 60, kinds }).split('\n');
    expect(lines[0]).toBe('2 folds of 60 training rows; chosen: the rule');
    expect(lines[2]).toMatch(/^ipr +2000\.0 ± 0\.0 +80\.0 ± 10\.0 % +1\.0 +chosen$/);
    expect(lines[3]).toMatch(/^constant +4000\.0 ± 0\.0 +none +1\.0 +worse$/);
  });
});
