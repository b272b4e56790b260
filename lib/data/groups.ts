import { createHash } from 'node:crypto';

/** What ties rows together. */
export interface GroupKeys {
  /** null where the data names none. */
  readonly id: string | null;
  readonly prompt: string;
  readonly title: string | null;
  readonly dupOf: string | null;
}

/**
 * One group id per row: rows that share a title, name each other by `dupOf` (or name the same row, present or not) or
 * have the same prompt are in one group. The id of a group comes from its rows' own labels, never from their place in
 * the file, so that a split by group holds when rows are added or reordered.
 */
export function groupRows(rows: readonly GroupKeys[]): string[] {
  const parent = rows.map((_, index) => index);
  const owner = new Map<string, number>();
  const labels = rows.map(keysOf);
  for (const [row, keys] of labels.entries()) {
    for (const key of keys) {
      const first = owner.get(key);
      if (first === undefined) owner.set(key, row);
      else parent[findRoot(parent, row)] = findRoot(parent, first);
    }
  }
  const names = new Map<number, string>();
  for (const [row, keys] of labels.entries()) {
    const root = findRoot(parent, row);
    for (const key of keys) {
      const name = names.get(root);
      if (name === undefined || key < name) names.set(root, key);
    }
  }
  return rows.map((_, row) => names.get(findRoot(parent, row)) ?? '');
}

function keysOf({ id, prompt, title, dupOf }: GroupKeys): string[] {
  const keys = [`text:${createHash('sha256').update(prompt).digest('hex').slice(0, 32)}`];
  if (id !== null) keys.push(`id:${id}`);
  if (dupOf !== null) keys.push(`id:${dupOf}`);
  if (title !== null) keys.push(`title:${title}`);
  return keys;
}

function findRoot(parent: number[], row: number): number {
  let root = row;
  for (let up = parent[root] ?? root; up !== root; up = parent[root] ?? root) root = up;
  for (let next = row; next !== root; ) {
    const up = parent[next] ?? root;
    parent[next] = root;
    next = up;
  }
  return root;
}
