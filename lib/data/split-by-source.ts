import { PointsmanError } from '../errors.ts';
import type { Split } from './split.ts';
import type { RoutingTable } from './table.ts';

/** Sources of a table in the order they are first seen. */
export function sourcesOf({ sources }: Pick<RoutingTable, 'sources'>): string[] {
  return [...new Set(sources)];
}

/** Row indices, ascending. */
export type SourceSplit = Pick<Split, 'train' | 'test'>;

/**
 * The rows of one source are the test rows; the others are to train on, but for rows of a group that the source has a part in,
 * which are left out: they would tell of it.
 * @throws ERR_INVALID_DATA where that leaves no training row.
 */
export function splitBySource(
  { sources, groups }: Pick<RoutingTable, 'sources' | 'groups'>,
  source: string,
): SourceSplit {
  const rows = [...sources.keys()];
  const test = rows.filter((row) => sources[row] === source);
  const tainted = new Set(test.map((row) => groups[row]));
  const train = rows.filter((row) => sources[row] !== source && !tainted.has(groups[row]));
  if (train.length > 0) return { train, test };
  throw new PointsmanError('ERR_INVALID_DATA', `without the source "${source}" there are no train rows`);
}
