import type { Sets } from '../sets.ts';
import { formatShape, requireShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

/** [rows] softmax of logits within each set. */
export function setSoftmax({ count, offsets }: Sets, logits: ArrayLike<number>): Float64Array {
  const shares = new Float64Array(logits.length);
  for (let set = 0; set < count; ++set) {
    const [first, end] = [offsets[set] as number, offsets[set + 1] as number];
    let most = Number.NEGATIVE_INFINITY;
    for (let row = first; row < end; ++row) most = Math.max(most, logits[row] as number);
    let total = 0;
    for (let row = first; row < end; ++row) {
      shares[row] = Math.exp((logits[row] as number) - most);
      total += shares[row] as number;
    }
    for (let row = first; row < end; ++row) shares[row] = (shares[row] as number) / total;
  }
  return shares;
}

/** Throws ERR_INVALID_ARGUMENT unless there is a logit per row of the sets and a row of each set's own per set. */
export function requireSets(operation: string, logits: Tensor, sets: Sets, rows: ArrayLike<number>): void {
  requireShape(
    logits.size === sets.offsets[sets.count] && rows.length === sets.count,
    operation,
    `logits ${formatShape(logits.shape)} and ${rows.length} rows do not fit ${sets.count} sets of ${sets.offsets[sets.count]} rows`,
  );
}
