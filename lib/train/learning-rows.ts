import { foldRows } from '../data/fold-rows.ts';
import type { Split } from '../data/split.ts';
import type { RoutingTable } from '../data/table.ts';
import { PointsmanError } from '../errors.ts';

/** Rows of a table to learn from, and when each is held out. */
export interface LearningRows {
  /** Indices into the table, ascending. */
  readonly rows: readonly number[];
  /** The fold that each of `rows` is held out with, from 0; -1: with none. */
  readonly folds: readonly number[];
}

/** Four give estimators three quarters of the rows, and cost five trainings. */
export const defaultFolds = 4;

/** Every row is held out once. ERR_INVALID_DATA where the rows are too few for two folds. */
export function crossFolds(
  { groups }: Pick<RoutingTable, 'groups'>,
  rows: readonly number[],
  { folds, seed }: { readonly folds: number; readonly seed: number },
): LearningRows {
  const own = rows.map((row) => groups[row] ?? '');
  const count = Math.min(folds, new Set(own).size);
  if (count >= 2) return { rows, folds: foldRows(own, count, seed) };
  throw new PointsmanError(
    'ERR_INVALID_DATA',
    `there are ${rows.length} rows in ${count} groups to train on: settings are chosen on groups held out, so at least 2 are needed`,
  );
}

/** The validation rows are held out, the training rows never. */
export function holdOut({ train, validation }: Pick<Split, 'train' | 'validation'>): LearningRows {
  const held = new Set(validation);
  const rows = [...train, ...validation].sort((a, b) => a - b);
  return { rows, folds: rows.map((row) => (held.has(row) ? 0 : -1)) };
}
