import type { RouterManifest } from '../artifact/schema.ts';
import { splitRows } from '../data/split.ts';
import type { RoutingTable } from '../data/table.ts';
import { PointsmanError } from '../errors.ts';
import { allRows } from './embed-table.ts';

/** Which rows of the data to evaluate on. */
export type RowChoice = 'auto' | 'all' | 'test';

/** Row indices into the table. */
export interface ChosenRows {
  readonly evaluated: readonly number[];
  /** Rows to choose settings on; null where the router's validation rows are not known. */
  readonly validation: readonly number[] | null;
  readonly notes: readonly string[];
}

/** The rows to evaluate a router on. ERR_INVALID_ARGUMENT for test rows of data that it was not trained on. */
export function chooseRows(table: RoutingTable, manifest: RouterManifest, choice: RowChoice): ChosenRows {
  const { origin, seed, fractions } = manifest.data;
  const sameData =
    origin.length === table.origin.length &&
    origin.every(({ sha256 }, file) => table.origin[file]?.sha256 === sha256);
  if (choice === 'all' || (choice === 'auto' && (!sameData || fractions.test === 0))) {
    const warning = 'these rows include those the router was trained on: the figures are too favourable';
    return { evaluated: allRows(table), validation: null, notes: sameData ? [warning] : [] };
  }
  if (!sameData || fractions.test === 0) {
    const why = sameData ? 'training kept none aside' : 'the data is not what the router was trained on';
    throw new PointsmanError('ERR_INVALID_ARGUMENT', `there are no test rows: ${why}`);
  }
  const train = 1 - fractions.validation - fractions.test;
  const { test, validation } = splitRows(table.groups, { seed, train, ...fractions });
  const note = `the ${test.length} test rows that training kept aside; settings are chosen on its ${validation.length} validation rows`;
  return { evaluated: test, validation, notes: [note] };
}
