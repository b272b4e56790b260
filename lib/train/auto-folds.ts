import { groupPosition, type Split } from '../data/split.ts';

export interface FoldOptions {
  readonly seed: number;
  /** Outer folds, at least 2. */
  readonly folds: number;
  /** Rows to use at most: a random part of the groups where there are more. */
  readonly mostRows: number;
}

/** Share of the rows outside an outer fold that settings are chosen on: what a fifth of all rows is to four fifths. */
const INNER_VALIDATION = 0.25;

/**
 * Nested folds of the given rows: `test` is an outer fold, and each row in use is in exactly one; `train` and `validation`
 * are the rows outside it. As in `splitRows` no group is on two sides, a group's side depends on its id and the seed alone,
 * and shares are met in expectation. A fold that no group falls into is left out.
 * @param groups one id per row of the whole table; `rows` are indices into it
 */
export function nestedFolds(
  groups: readonly string[],
  rows: readonly number[],
  { seed, folds, mostRows }: FoldOptions,
): Split[] {
  // Purposes have hashes of their own: the rows are what one split by the bare group id left over.
  const position = (purpose: string, row: number) => groupPosition(`${purpose}\n${groups[row] ?? ''}`, seed);
  const share = mostRows / Math.max(rows.length, 1);
  const used = share >= 1 ? rows : rows.filter((row) => position('used', row) < share);
  return Array.from({ length: folds }, (_, fold) => {
    const isTest = (row: number) => Math.floor(folds * position('fold', row)) === fold;
    const rest = used.filter((row) => !isTest(row));
    const isValidation = (row: number) => position(`validation ${fold}`, row) < INNER_VALIDATION;
    return {
      train: rest.filter((row) => !isValidation(row)),
      validation: rest.filter(isValidation),
      test: used.filter(isTest),
    };
  }).filter(({ test }) => test.length > 0);
}
