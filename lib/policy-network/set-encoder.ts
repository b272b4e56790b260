import { normalTensor } from '../nn/initialise.ts';
import { Linear } from '../nn/layers/linear.ts';
import { SetBlock } from '../nn/layers/set-block.ts';
import { gatherRows } from '../nn/ops/gather-rows.ts';
import type { Parameter } from '../nn/parameter.ts';
import type { Random } from '../nn/random.ts';
import { type Sets, setsOf } from '../nn/sets.ts';
import type { Tape } from '../nn/tape.ts';
import type { Tensor } from '../nn/tensor.ts';
import type { PolicyNetworkConfig } from '../policy/policy-network.ts';

/** The Set Transformer (Lee et al. 2019): any number of candidates in any order to one vector. */
export class SetEncoder {
  readonly input: Linear;
  readonly blocks: readonly SetBlock[];
  /** What pools, [1, width]: the candidates are attended to by it. */
  readonly seed: Tensor;
  readonly pooling: SetBlock;

  constructor(inputs: number, { width, heads, blocks }: PolicyNetworkConfig, random: Random) {
    this.input = Linear.initialise(inputs, width, random);
    this.blocks = Array.from({ length: blocks }, () => new SetBlock(width, heads, random));
    this.seed = normalTensor([1, width], 1, random);
    this.pooling = new SetBlock(width, heads, random);
  }

  /** Rows of sets [rows, inputs] to [sets, width]. */
  forward(tape: Tape, candidates: Tensor, sets: Sets): Tensor {
    let x = this.input.forward(tape, candidates);
    for (const block of this.blocks) x = block.forward(tape, { x, queries: sets, y: x, keys: sets });
    const seeds = gatherRows(tape, this.seed, new Int32Array(sets.count));
    const queries = setsOf(new Int32Array(sets.count).fill(1));
    return this.pooling.forward(tape, { x: seeds, queries, y: x, keys: sets });
  }

  parameters(prefix: string): Parameter[] {
    return [
      ...this.input.parameters(`${prefix}.input`),
      ...this.blocks.flatMap((block, i) => block.parameters(`${prefix}.blocks.${i}`)),
      { name: `${prefix}.seed`, tensor: this.seed, decay: true },
      ...this.pooling.parameters(`${prefix}.pooling`),
    ];
  }
}
