import { createHash } from 'node:crypto';

/**
 * Parts rows into `folds` of about equal numbers of groups; rows of one group stay together. A group's fold follows from
 * the ids of the groups and the seed, not from the order of the rows.
 * @param groups one group id per row
 * @returns the fold of each row
 */
export function foldRows(groups: readonly string[], folds: number, seed: number): number[] {
  const keyOf = (group: string) => createHash('sha256').update(`${seed}\n${group}`).digest('hex');
  const ranked = [...new Set(groups)]
    .map((group) => ({ group, key: keyOf(group) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const foldOf = new Map(ranked.map(({ group }, rank) => [group, rank % folds]));
  return groups.map((group) => foldOf.get(group) ?? 0);
}
