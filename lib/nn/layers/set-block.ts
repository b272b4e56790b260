import { xavierUniform } from '../initialise.ts';
import { add } from '../ops/arithmetic.ts';
import { relu } from '../ops/pointwise.ts';
import { setAttention } from '../ops/set-attention.ts';
import type { Parameter } from '../parameter.ts';
import type { Random } from '../random.ts';
import type { Sets } from '../sets.ts';
import type { Tape } from '../tape.ts';
import { Tensor } from '../tensor.ts';
import { LayerNorm } from './layer-norm.ts';
import { Linear } from './linear.ts';

/** Names of a block's parts, in the order of the computation. */
export const setBlockParts = [
  'query',
  'key',
  'value',
  'afterAttention',
  'feedForward',
  'afterFeedForward',
] as const;

export interface SetBlockInput {
  /** [query rows, width] */
  readonly x: Tensor;
  readonly queries: Sets;
  /** [key rows, width] */
  readonly y: Tensor;
  readonly keys: Sets;
}

/**
 * MAB of the Set Transformer (Lee et al. 2019, eqs. 6 and 7): h = LN(x W_q + attention(x W_q, y W_k, y W_v)),
 * out = LN(h + relu(h W + b)). With x = y it is SAB, with a learned seed as x PMA.
 */
export class SetBlock {
  readonly heads: number;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly afterAttention: LayerNorm;
  readonly feedForward: Linear;
  readonly afterFeedForward: LayerNorm;

  constructor(width: number, heads: number, random: Random) {
    const linear = () =>
      new Linear(xavierUniform([width, width], width, width, random), Tensor.zeros([width], true));
    this.heads = heads;
    this.query = linear();
    this.key = linear();
    this.value = linear();
    this.afterAttention = LayerNorm.initialise(width);
    this.feedForward = linear();
    this.afterFeedForward = LayerNorm.initialise(width);
  }

  forward(tape: Tape, { x, queries, y, keys }: SetBlockInput): Tensor {
    const query = this.query.forward(tape, x);
    const key = this.key.forward(tape, y);
    const value = this.value.forward(tape, y);
    const attended = setAttention(tape, { query, key, value }, { queries, keys, heads: this.heads });
    const h = this.afterAttention.forward(tape, add(tape, query, attended));
    return this.afterFeedForward.forward(tape, add(tape, h, relu(tape, this.feedForward.forward(tape, h))));
  }

  parameters(prefix: string): Parameter[] {
    return setBlockParts.flatMap((part) => this[part].parameters(`${prefix}.${part}`));
  }
}
