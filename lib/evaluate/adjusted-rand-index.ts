/**
 * How far two partitions of the same things agree on which belong together (Hubert and Arabie 1985): 1 for equal ones, 0 for
 * what chance would give, below 0 for less.
 */
export function adjustedRandIndex(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const both = new Map<string, number>();
  const [inA, inB] = [new Map<number, number>(), new Map<number, number>()];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] ?? Number.NaN, b[i] ?? Number.NaN];
    count(both, `${x} ${y}`);
    count(inA, x);
    count(inB, y);
  }
  const [together, pairsA, pairsB] = [pairs(both), pairs(inA), pairs(inB)];
  const all = (a.length * (a.length - 1)) / 2;
  const expected = (pairsA * pairsB) / all;
  const most = (pairsA + pairsB) / 2;
  return most === expected ? 1 : (together - expected) / (most - expected);
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Pairs within the same cell. */
function pairs(counts: ReadonlyMap<unknown, number>): number {
  let sum = 0;
  for (const size of counts.values()) sum += (size * (size - 1)) / 2;
  return sum;
}
