import { layerNorm } from '../ops/layer-norm.ts';
import type { Parameter } from '../parameter.ts';
import type { Tape } from '../tape.ts';
import { Tensor } from '../tensor.ts';

/** Layer normalisation with a gain and a bias of its own per column. */
export class LayerNorm {
  readonly gain: Tensor;
  readonly bias: Tensor;

  constructor(gain: Tensor, bias: Tensor) {
    this.gain = gain;
    this.bias = bias;
  }

  static initialise(columns: number): LayerNorm {
    return new LayerNorm(
      new Tensor([columns], new Float32Array(columns).fill(1), true),
      Tensor.zeros([columns], true),
    );
  }

  forward(tape: Tape, x: Tensor): Tensor {
    return layerNorm(tape, { x, gain: this.gain, bias: this.bias });
  }

  parameters(prefix: string): Parameter[] {
    return [
      { name: `${prefix}.gain`, tensor: this.gain, decay: false },
      { name: `${prefix}.bias`, tensor: this.bias, decay: false },
    ];
  }
}
