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

/** How learning rows are parted. */
export interface Folding {
  /** Parts that the rows are cut into, 2 or more. */
  readonly folds: number;
  /** How many of them are held out, one after the other; rows of the others are always trained on. */
  readonly heldFolds: number;
}

/** Four give estimators three quarters of the rows, and cost five trainings. */
export const usualFolds = 4;

/** On more rows, every row held out once would cost more minutes than it adds evidence. */
const mostCrossedRows = 40_000;

/** About so many are held out of more. */
const heldRowsOfMany = 20_000;

/**
 * How rows are parted unless the caller says: four parts, each held out once; of more than 40,000 rows, one part of about 20,000
 * is held out, which is evidence enough for the few settings that are chosen on it.
 */
export function defaultFolding(rows: number): Folding {
  if (rows <= mostCrossedRows) return { folds: usualFolds, heldFolds: usualFolds };
  return { folds: Math.max(usualFolds, Math.ceil(rows / heldRowsOfMany)), heldFolds: 1 };
}

/** `folding` with no more parts than there are groups. ERR_INVALID_DATA where the rows are too few for two. */
export function feasibleFolding(
  { groups }: Pick<RoutingTable, 'groups'>,
  rows: readonly number[],
  { folds, heldFolds }: Folding,
): Folding {
  const count = Math.min(folds, new Set(rows.map((row) => groups[row] ?? '')).size);
  if (count >= 2) return { folds: count, heldFolds: Math.min(heldFolds, count) };
  throw new PointsmanError(
    'ERR_INVALID_DATA',
    `there are ${rows.length} rows in ${count} groups to train on: settings are chosen on groups held out, so at least 2 are needed`,
  );
}

/** Parts the rows of a table, the rows of a group together; the same table, folding and seed give the same parts. */
export function crossFolds(
  { groups }: Pick<RoutingTable, 'groups'>,
  rows: readonly number[],
  { folds, heldFolds }: Folding,
  seed: number,
): LearningRows {
  const own = rows.map((row) => groups[row] ?? '');
  return { rows, folds: foldRows(own, folds, seed).map((fold) => (fold < heldFolds ? fold : -1)) };
}

/** The validation rows are held out, the training rows never. */
export function holdOut({ train, validation }: Pick<Split, 'train' | 'validation'>): LearningRows {
  const held = new Set(validation);
  const rows = [...train, ...validation].sort((a, b) => a - b);
  return { rows, folds: rows.map((row) => (held.has(row) ? 0 : -1)) };
}

/** Positions in `rows` of those that are held out with a fold, ascending. */
export function heldPositions({ folds }: LearningRows): number[] {
  return [...folds.keys()].filter((at) => (folds[at] ?? -1) >= 0);
}

/** The rows that are held out with a fold, as indices into the table, ascending. */
export function heldRows(learning: LearningRows): number[] {
  return heldPositions(learning).flatMap((at) => learning.rows[at] ?? []);
}
