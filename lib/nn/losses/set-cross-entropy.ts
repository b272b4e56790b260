import type { Sets } from '../sets.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { requireSets, setSoftmax } from './set-softmax.ts';

/**
 * Mean over sets of -log softmax of one row's logit among its set's.
 * @param rows [sets] the wanted row of each set, counted through all rows
 */
export function setCrossEntropy(tape: Tape, logits: Tensor, sets: Sets, rows: ArrayLike<number>): Tensor {
  requireSets('setCrossEntropy', logits, sets, rows);
  const shares = setSoftmax(sets, logits.data);
  let total = 0;
  for (let set = 0; set < sets.count; ++set) total -= Math.log(shares[rows[set] as number] as number);
  return tape.record([], Float32Array.of(total / sets.count), [logits], ([gradient = 0]) => {
    const into = logits.gradientBuffer();
    const step = gradient / sets.count;
    for (let row = 0; row < into.length; ++row)
      into[row] = (into[row] as number) + step * (shares[row] as number);
    for (let set = 0; set < sets.count; ++set) {
      const row = rows[set] as number;
      into[row] = (into[row] as number) - step;
    }
  });
}
