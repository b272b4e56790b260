import { PointsmanError } from '../errors.ts';
import { type Split, splitRows } from './split.ts';
import type { RoutingTable } from './table.ts';

/** Sources of a table in the order they are first seen. */
export function sourcesOf({ sources }: Pick<RoutingTable, 'sources'>): string[] {
  return [...new Set(sources)];
}

/**
 * The rows of one source are the test rows; the others are split into training and validation rows by group, but for rows
 * of a group that the source has a part in, which are left out: they would tell of it.
 * @param validation share of the other rows, in (0, 1).
 * @throws ERR_INVALID_DATA where that leaves no training or no validation row.
 */
export function splitBySource(
  { sources, groups }: Pick<RoutingTable, 'sources' | 'groups'>,
  source: string,
  { seed, validation }: { readonly seed: number; readonly validation: number },
): Split {
  const rows = [...sources.keys()];
  const test = rows.filter((row) => sources[row] === source);
  const tainted = new Set(test.map((row) => groups[row]));
  const others = rows.filter((row) => sources[row] !== source && !tainted.has(groups[row]));
  const split = splitRows(
    others.map((row) => groups[row] ?? ''),
    { seed, train: 1 - validation, validation, test: 0 },
  );
  const inTable = (indices: readonly number[]) => indices.flatMap((index) => others[index] ?? []);
  const sides = { train: inTable(split.train), validation: inTable(split.validation), test };
  for (const side of ['train', 'validation'] as const) {
    if (sides[side].length > 0) continue;
    throw new PointsmanError('ERR_INVALID_DATA', `without the source "${source}" there are no ${side} rows`);
  }
  return sides;
}
