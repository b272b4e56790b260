import type { NativeKernels } from '../../bindings/addon.ts';

/** The success head of one network and where it is looked at. */
export interface SuccessHead {
  /** [hidden, dimension] */
  readonly promptWeight: Float32Array;
  /** [hidden, identity] */
  readonly identityWeight: Float32Array;
  /** [hidden] */
  readonly identityBias: Float32Array;
  /** [hidden] */
  readonly outWeight: Float32Array;
  readonly outBias: number;
}

/** The success head around one identity. */
export interface SuccessGradients {
  /** [rows] logits. */
  readonly logits: Float64Array;
  /** [rows, identity] of the logit with respect to the identity. */
  readonly gradients: Float32Array;
}

interface GradientRows {
  /** [rows, dimension], as the network takes them. */
  readonly embeddings: Float32Array;
  readonly rows: number;
  readonly kernels: NativeKernels;
}

/** The prompts' part of the hidden units, [rows, hidden], which is the same for every identity. */
export function promptPart(
  { promptWeight, identityBias }: SuccessHead,
  { embeddings, rows, kernels }: GradientRows,
): Float32Array {
  const hidden = identityBias.length;
  const prompt = new Float32Array(rows * hidden);
  kernels.gemm(false, true, rows, hidden, embeddings.length / rows, embeddings, promptWeight, prompt, false);
  return prompt;
}

export function successGradients(
  head: SuccessHead,
  identity: Float32Array,
  data: GradientRows,
): SuccessGradients {
  return gradientsAt(head, identity, promptPart(head, data), data.kernels);
}

/** The same where the prompts' part is known. */
export function gradientsAt(
  { identityWeight, identityBias, outWeight, outBias }: SuccessHead,
  identity: Float32Array,
  prompt: Float32Array,
  kernels: NativeKernels,
): SuccessGradients {
  const hidden = identityBias.length;
  const size = identity.length;
  const rows = prompt.length / hidden;
  const units = prompt.slice();
  const model = identityBias.slice();
  kernels.gemm(false, true, 1, hidden, size, identity, identityWeight, model, true);
  const logits = new Float64Array(rows).fill(outBias);
  for (let row = 0; row < rows; ++row) {
    for (let j = 0; j < hidden; ++j) {
      const unit = (units[row * hidden + j] as number) + (model[j] as number);
      const out = outWeight[j] as number;
      if (unit > 0) logits[row] = (logits[row] as number) + out * unit;
      units[row * hidden + j] = unit > 0 ? out : 0;
    }
  }
  const gradients = new Float32Array(rows * size);
  kernels.gemm(false, false, rows, size, hidden, units, identityWeight, gradients, false);
  return { logits, gradients };
}

/** [identity, identity]: the mean over the rows of g g^T, so that d^T G d is the mean square of a logit's change along d. */
export function meanOuterProduct(
  gradients: Float32Array,
  rows: number,
  kernels: NativeKernels,
): Float32Array {
  const size = gradients.length / rows;
  const gram = new Float32Array(size * size);
  kernels.gemm(true, false, size, size, rows, gradients, gradients, gram, false);
  return gram.map((value) => value / rows);
}
