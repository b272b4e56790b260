import { describe, expect, it } from 'vitest';
import { crossFolds, defaultFolding, feasibleFolding, heldRows } from '../../lib/train/learning-rows.ts';

const tableOf = (rows: number) => ({ groups: Array.from({ length: rows }, (_, row) => `group ${row >> 1}`) });
const rowsOf = (rows: number) => [...Array(rows).keys()];

describe('how learning rows are parted', () => {
  it('holds each of four parts out once, and one part of about 20,000 of many rows', () => {
    expect(defaultFolding(40_000)).toEqual({ folds: 4, heldFolds: 4 });
    expect(defaultFolding(40_001)).toEqual({ folds: 4, heldFolds: 1 });
    expect(defaultFolding(160_000)).toEqual({ folds: 8, heldFolds: 1 });
  });

  it('keeps groups together and holds out as many parts as asked', () => {
    const table = tableOf(400);
    const all = crossFolds(table, rowsOf(400), { folds: 4, heldFolds: 4 }, 1);
    const one = crossFolds(table, rowsOf(400), { folds: 4, heldFolds: 1 }, 1);
    expect(heldRows(all)).toEqual(rowsOf(400));
    expect(heldRows(one)).toEqual(rowsOf(400).filter((row) => all.folds[row] === 0));
    expect(heldRows(one).length).toBe(100);
    expect(all.folds.every((fold, row) => fold === all.folds[row ^ 1])).toBe(true);
  });

  it('cuts no more parts than there are groups, and refuses one group', () => {
    expect(feasibleFolding(tableOf(6), rowsOf(6), { folds: 4, heldFolds: 4 })).toEqual({
      folds: 3,
      heldFolds: 3,
    });
    expect(feasibleFolding(tableOf(6), rowsOf(6), { folds: 4, heldFolds: 1 })).toEqual({
      folds: 3,
      heldFolds: 1,
    });
    expect(() => feasibleFolding(tableOf(2), rowsOf(2), { folds: 4, heldFolds: 4 })).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_DATA',
        message: expect.stringContaining('2 rows in 1 groups'),
      }),
    );
  });
});
