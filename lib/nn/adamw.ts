import type { NativeKernels } from '../../bindings/addon.ts';
import { PointsmanError } from '../errors.ts';
import type { Parameter } from './parameter.ts';

export interface AdamWSettings {
  /** @default 0.9 */
  readonly beta1?: number;
  /** @default 0.999 */
  readonly beta2?: number;
  /** @default 1e-8 */
  readonly epsilon?: number;
  /** Decoupled, times the learning rate; biases are exempt. @default 0.01 */
  readonly weightDecay?: number;
}

interface Slot extends Parameter {
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
}

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2). */
export class AdamW {
  readonly #kernels: NativeKernels;
  readonly #settings: Required<AdamWSettings>;
  readonly #slots: readonly Slot[];
  #step = 0;

  constructor(kernels: NativeKernels, parameters: readonly Parameter[], settings: AdamWSettings = {}) {
    this.#kernels = kernels;
    this.#settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, ...settings };
    this.#slots = parameters.map((parameter) => ({
      ...parameter,
      firstMoment: new Float32Array(parameter.tensor.size),
      secondMoment: new Float32Array(parameter.tensor.size),
    }));
  }

  /** Moves every parameter that has a gradient. Gradients stay: clear them with `zeroGradients`. */
  step(learningRate: number): void {
    if (!(learningRate >= 0)) {
      throw new PointsmanError(
        'ERR_INVALID_ARGUMENT',
        `AdamW.step: the learning rate must not be negative, got ${learningRate}`,
      );
    }
    this.#step += 1;
    const { weightDecay, ...rest } = this.#settings;
    for (const { tensor, decay, firstMoment, secondMoment } of this.#slots) {
      if (tensor.gradient === undefined) continue;
      this.#kernels.adamW(tensor.data, tensor.gradient, firstMoment, secondMoment, {
        ...rest,
        learningRate,
        weightDecay: decay ? weightDecay : 0,
        step: this.#step,
      });
    }
  }
}
