import type { RouterManifest } from '../artifact/schema.ts';
import { calibrationPositions } from '../calibration/calibration-set.ts';
import { splitRows } from '../data/split.ts';
import type { RoutingTable } from '../data/table.ts';
import { PointsmanError } from '../errors.ts';
import { allRows } from './embed-table.ts';
import { crossFolds, heldRows } from './learning-rows.ts';

/** Which rows of the data to evaluate on. */
export type RowChoice = 'auto' | 'all' | 'test';

/** Row indices into the table. */
export interface ChosenRows {
  readonly evaluated: readonly number[];
  /** Rows to choose settings on; null where the router's own are not known. */
  readonly validation: readonly number[] | null;
  /**
   * Whether `validation` are the rows of the router's calibration set, in that order: it was trained on them, so what counts
   * are the predictions there, by estimators that were not.
   */
  readonly isCalibration: boolean;
  readonly notes: readonly string[];
}

/** The rows to evaluate a router on. ERR_INVALID_ARGUMENT for test rows of data that it was not trained on. */
export function chooseRows(table: RoutingTable, manifest: RouterManifest, choice: RowChoice): ChosenRows {
  const { origin, seed, fractions, folds, heldFolds = folds } = manifest.data;
  const sameData =
    origin.length === table.origin.length &&
    origin.every(({ sha256 }, file) => table.origin[file]?.sha256 === sha256);
  if (choice === 'all' || (choice === 'auto' && (!sameData || fractions.test === 0))) {
    const warning = 'these rows include those the router was trained on: the figures are too favourable';
    return {
      evaluated: allRows(table),
      validation: null,
      isCalibration: false,
      notes: sameData ? [warning] : [],
    };
  }
  if (!sameData || fractions.test === 0) {
    const why = sameData ? 'training kept none aside' : 'the data is not what the router was trained on';
    throw new PointsmanError('ERR_INVALID_ARGUMENT', `there are no test rows: ${why}`);
  }
  const train = 1 - fractions.validation - fractions.test;
  const { train: learning, test, validation } = splitRows(table.groups, { seed, train, ...fractions });
  if (folds !== undefined && heldFolds !== undefined) {
    const held = heldRows(crossFolds(table, learning, { folds, heldFolds }, seed));
    return { evaluated: test, ...calibrationRows(held, test, manifest) };
  }
  const note = `the ${test.length} test rows that training kept aside; settings are chosen on its ${validation.length} validation rows`;
  return { evaluated: test, validation, isCalibration: false, notes: [note] };
}

function calibrationRows(
  held: readonly number[],
  test: readonly number[],
  { onboarded = [], refits = [] }: RouterManifest,
): Omit<ChosenRows, 'evaluated'> {
  const kept = `the ${test.length} test rows that training kept aside`;
  if (onboarded.length + refits.length > 0) {
    const since = onboarded.length > 0 ? 'models were added' : 'feedback changed it';
    const note = `${kept}; settings are chosen on them, as the rows before ${since} are not known`;
    return { validation: null, isCalibration: false, notes: [note] };
  }
  const validation = calibrationPositions(held.length).flatMap((at) => held[at] ?? []);
  const note = `${kept}; settings are chosen on ${validation.length} of its training rows, each predicted by an estimator that was not trained on it`;
  return { validation, isCalibration: true, notes: [note] };
}
