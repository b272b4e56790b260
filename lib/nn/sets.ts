/** Sets of rows that stand one after the other in a matrix: rows `offsets[s]` to `offsets[s + 1]` are set s. Packed, never padded. */
export interface Sets {
  readonly count: number;
  /** [count + 1], ascending from 0; the last is the number of rows. */
  readonly offsets: Int32Array;
}

/** Sets of the given sizes. */
export function setsOf(sizes: ArrayLike<number>): Sets {
  const offsets = new Int32Array(sizes.length + 1);
  for (let set = 0; set < sizes.length; ++set) {
    offsets[set + 1] = (offsets[set] as number) + (sizes[set] as number);
  }
  return { count: sizes.length, offsets };
}

/** [rows] the set that each row is in. */
export function setOfRows({ count, offsets }: Sets): Int32Array {
  const own = new Int32Array(offsets[count] ?? 0);
  for (let set = 0; set < count; ++set) own.fill(set, offsets[set], offsets[set + 1]);
  return own;
}
