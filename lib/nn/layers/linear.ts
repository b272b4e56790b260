import { kaimingNormal } from '../initialise.ts';
import { add } from '../ops/arithmetic.ts';
import { matmul } from '../ops/matmul.ts';
import type { Parameter } from '../parameter.ts';
import type { Random } from '../random.ts';
import type { Tape } from '../tape.ts';
import { Tensor } from '../tensor.ts';

/** x [rows, inputs] to x W^T + b, [rows, outputs]; the weight is stored [outputs, inputs], as in Hugging Face. */
export class Linear {
  readonly weight: Tensor;
  readonly bias: Tensor;

  constructor(weight: Tensor, bias: Tensor) {
    this.weight = weight;
    this.bias = bias;
  }

  /** Kaiming-normal weight, zero bias. */
  static initialise(inputs: number, outputs: number, random: Random): Linear {
    return new Linear(kaimingNormal([outputs, inputs], inputs, random), Tensor.zeros([outputs], true));
  }

  forward(tape: Tape, x: Tensor): Tensor {
    return add(tape, matmul(tape, x, this.weight, { transposeB: true }), this.bias);
  }

  parameters(prefix: string): Parameter[] {
    return [
      { name: `${prefix}.weight`, tensor: this.weight, decay: true },
      { name: `${prefix}.bias`, tensor: this.bias, decay: false },
    ];
  }
}
