import { formatShape, matrixShape, requireShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

export interface PairwiseHeadInputs {
  /** W e, the prompts' half of the first layer: [rows, hidden]. */
  readonly prompt: Tensor;
  /** W_z z + b, the models' half: [models, hidden]. */
  readonly model: Tensor;
  /** u: [hidden]. */
  readonly outWeight: Tensor;
  /** [models]. */
  readonly outBias: Tensor;
}

/**
 * IPR's quality head before its sigmoid (arXiv 2509.06274, the first layer split in two):
 * out[i][c] = bias[c] + sum_j u[j] relu(prompt[i][j] + model[c][j]), [rows, models].
 * The [rows, models, hidden] activations are never stored: the backward pass computes their signs again.
 */
export function pairwiseHead(tape: Tape, inputs: PairwiseHeadInputs): Tensor {
  const { prompt, model, outWeight, outBias } = inputs;
  const [rows, hidden] = matrixShape('pairwiseHead', 'prompt', prompt.shape);
  const [models, modelHidden] = matrixShape('pairwiseHead', 'model', model.shape);
  requireShape(
    modelHidden === hidden && outWeight.size === hidden && outBias.size === models,
    'pairwiseHead',
    `prompt ${formatShape(prompt.shape)}, model ${formatShape(model.shape)}, outWeight ` +
      `${formatShape(outWeight.shape)} and outBias ${formatShape(outBias.shape)} do not fit together`,
  );
  const out = new Float32Array(rows * models);
  const { kernels } = tape;
  kernels.pairwiseHead(prompt.data, model.data, outWeight.data, outBias.data, rows, models, hidden, out);
  return tape.record([rows, models], out, [prompt, model, outWeight, outBias], (gradient) => {
    if (outBias.requiresGrad) kernels.accumulateRows(gradient, rows, models, outBias.gradientBuffer());
    // Every gradient follows from these sums: d prompt = u * byPrompt, d model = u * byModel, and because
    // relu(p + m) = (p + m) * active, d u = sum_i p * byPrompt + sum_c m * byModel.
    const byPrompt = new Float32Array(prompt.size);
    const byModel = new Float32Array(model.size);
    kernels.pairwiseActive(prompt.data, model.data, gradient, rows, models, hidden, byPrompt, byModel);
    addWeighted(prompt, byPrompt, outWeight.data);
    addWeighted(model, byModel, outWeight.data);
    if (outWeight.requiresGrad) {
      addProducts(outWeight.gradientBuffer(), prompt.data, byPrompt);
      addProducts(outWeight.gradientBuffer(), model.data, byModel);
    }
  });
}

/** gradient[r][j] += sums[r][j] * weight[j]. */
function addWeighted(target: Tensor, sums: Float32Array, weight: Float32Array): void {
  if (!target.requiresGrad) return;
  const into = target.gradientBuffer();
  for (let row = 0; row < into.length; row += weight.length) {
    for (let j = 0; j < weight.length; ++j) {
      into[row + j] = (into[row + j] as number) + (sums[row + j] as number) * (weight[j] as number);
    }
  }
}

/** into[j] += sum over rows of values[r][j] * sums[r][j]. */
function addProducts(into: Float32Array, values: Float32Array, sums: Float32Array): void {
  for (let row = 0; row < values.length; row += into.length) {
    for (let j = 0; j < into.length; ++j) {
      into[j] = (into[j] as number) + (values[row + j] as number) * (sums[row + j] as number);
    }
  }
}
