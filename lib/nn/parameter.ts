import type { Tensor } from './tensor.ts';

/** A tensor that an optimiser moves. */
export interface Parameter {
  /** Unique among the parameters of one optimiser. */
  readonly name: string;
  readonly tensor: Tensor;
  /** Whether weight decay applies: to weights and identity tables, not to biases. */
  readonly decay: boolean;
}

export function zeroGradients(parameters: readonly Parameter[]): void {
  for (const { tensor } of parameters) tensor.zeroGradient();
}
