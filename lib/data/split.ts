import { createHash } from 'node:crypto';
import { PointsmanError } from '../errors.ts';

export interface SplitOptions {
  /** Another seed, another split. @default 0 */
  readonly seed?: number;
  /** Share of the groups, 0..1. @default 0.6 */
  readonly train?: number;
  /** @default 0.2 */
  readonly validation?: number;
  /** @default 0.2 */
  readonly test?: number;
}

/** Row indices, ascending; every row is in exactly one side. */
export interface Split {
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly test: readonly number[];
}

/**
 * Splits rows so that no group has rows on two sides. A group's side depends on its id and the seed alone, so rows stay
 * where they are when others are added, removed or reordered.
 *
 * The shares are therefore met only in expectation: of N rows in groups of n_g, a side with share f gets f N rows with
 * a standard deviation of sqrt(f (1 - f) sum n_g^2); that is 1.6 % of all rows for f = 0.2 and 600 groups of one size.
 * @param groups one group id per row, as in `RoutingTable.groups`.
 */
export function splitRows(groups: readonly string[], options: SplitOptions = {}): Split {
  const { seed = 0, train = 0.6, validation = 0.2, test = 0.2 } = options;
  checkShares(seed, [train, validation, test]);
  const split = { train: [] as number[], validation: [] as number[], test: [] as number[] };
  const sides = new Map<string, keyof Split>();
  for (const [row, group] of groups.entries()) {
    let side = sides.get(group);
    if (side === undefined) {
      const position = groupPosition(group, seed);
      side = position < train ? 'train' : position < train + validation ? 'validation' : 'test';
      if (test === 0 && side === 'test') side = validation > 0 ? 'validation' : 'train';
      sides.set(group, side);
    }
    split[side].push(row);
  }
  return split;
}

/** Where a group falls in [0, 1) under a seed: 48 bits of a hash. */
export function groupPosition(group: string, seed: number): number {
  return createHash('sha256').update(`${seed}\n${group}`).digest().readUIntBE(0, 6) / 2 ** 48;
}

function checkShares(seed: number, shares: readonly number[]): void {
  if (!Number.isSafeInteger(seed)) {
    throw new PointsmanError('ERR_INVALID_ARGUMENT', `seed: expected a whole number, got ${seed}`);
  }
  const sum = shares.reduce((total, share) => total + share, 0);
  if (shares.every((share) => share >= 0) && Math.abs(sum - 1) < 1e-9) return;
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    `train, validation and test: expected shares that are not negative and sum to 1, got ${shares.join(', ')}`,
  );
}
