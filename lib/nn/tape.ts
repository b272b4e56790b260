import type { NativeKernels } from '../../bindings/addon.ts';
import { formatShape, requireShape, type Shape } from './shape.ts';
import { Tensor } from './tensor.ts';

/** Adds to the inputs' gradients what follows from the output's. */
export type Backward = (outputGradient: Float32Array) => void;

export interface TapeOptions {
  /** Whether dropout and sampling are active. @default false */
  readonly training?: boolean;
}

interface Entry {
  readonly output: Tensor;
  readonly backward: Backward;
}

/**
 * Records operations in the order they ran, which is a topological order, and runs their derivatives backwards.
 * One tape serves one forward and at most one backward pass.
 *
 * An operation is a function (tape, inputs) => tensor that computes its output and hands `record` a closure with its
 * derivative; a new operation needs nothing else.
 */
export class Tape {
  readonly kernels: NativeKernels;
  readonly training: boolean;
  #entries: Entry[] = [];

  constructor(kernels: NativeKernels, options: TapeOptions = {}) {
    this.kernels = kernels;
    this.training = options.training ?? false;
  }

  /** Wraps an operation's result; `backward` is kept only where some input needs a gradient. */
  record(shape: Shape, data: Float32Array, inputs: readonly Tensor[], backward: Backward): Tensor {
    const output = new Tensor(
      shape,
      data,
      inputs.some((input) => input.requiresGrad),
    );
    if (output.requiresGrad) this.#entries.push({ output, backward });
    return output;
  }

  /**
   * Adds d loss / d x to the gradient of every recorded tensor and parameter x. Frees the recording.
   * Throws ERR_INVALID_ARGUMENT unless `loss` is a scalar of this tape.
   */
  backward(loss: Tensor): void {
    requireShape(
      loss.size === 1,
      'backward',
      `the loss must be a scalar, got shape ${formatShape(loss.shape)}`,
    );
    const entries = this.#entries;
    requireShape(
      entries.some(({ output }) => output === loss),
      'backward',
      'the loss was not recorded on this tape, depends on no parameter, or its gradients were already taken',
    );
    this.#entries = [];
    loss.gradientBuffer().fill(1);
    for (const { output, backward } of entries.reverse()) {
      // A result that the loss does not use has no gradient to pass on.
      if (output.gradient !== undefined) backward(output.gradient);
    }
  }
}
