import { normalTensor } from '../initialise.ts';
import { gatherRows } from '../ops/gather-rows.ts';
import type { Parameter } from '../parameter.ts';
import type { Random } from '../random.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

/** A table of vectors [count, size], looked up by index. */
export class Embedding {
  readonly table: Tensor;

  constructor(table: Tensor) {
    this.table = table;
  }

  /** Standard-normal entries times `deviation`. */
  static initialise(count: number, size: number, deviation: number, random: Random): Embedding {
    return new Embedding(normalTensor([count, size], deviation, random));
  }

  forward(tape: Tape, indices: ArrayLike<number>): Tensor {
    return gatherRows(tape, this.table, indices);
  }

  parameters(prefix: string): Parameter[] {
    return [{ name: `${prefix}.table`, tensor: this.table, decay: true }];
  }
}
