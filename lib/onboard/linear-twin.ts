import type { NativeHeadSpec } from '../../bindings/addon.ts';
import { loadAddon } from '../../bindings/load.ts';
import { PointsmanError } from '../errors.ts';
import { cholesky, solveCholesky } from '../estimator/cholesky.ts';
import type { QualityEstimator } from '../estimator/estimator.ts';
import { normalEquations } from '../estimator/normal-equations.ts';
import { predictAll } from '../estimator/predict.ts';
import { add } from '../nn/ops/arithmetic.ts';
import { matmul } from '../nn/ops/matmul.ts';
import type { Tape } from '../nn/tape.ts';
import { Tensor } from '../nn/tensor.ts';
import type { FrozenTwin, TrainableHead, TwinRows } from './frozen-twin.ts';

/** Penalty on the squared weights of a twin that is fitted, in units of rows: the middle of what `ridge` chooses from. */
const penalty = 10;

/** One frozen linear head an old model; the new model's is one too, on adapted prompts. */
export class LinearTwin implements FrozenTwin {
  readonly old: number;
  /** [old, dimension] */
  readonly #weight: Float32Array;
  /** [old] */
  readonly #bias: Float32Array;

  constructor(weight: Float32Array, bias: Float32Array) {
    this.old = bias.length;
    this.#weight = weight;
    this.#bias = bias;
  }

  static of(frozen: QualityEstimator, spec: NativeHeadSpec, prompts: TwinRows): LinearTwin {
    if (spec.kind === 'linear') return new LinearTwin(spec.weight, spec.bias);
    return fitTwin(frozen, prompts);
  }

  predictOld(tape: Tape, x: Tensor, columns: readonly number[]): Tensor {
    const dimension = this.#weight.length / this.old;
    const weight = new Float32Array(columns.length * dimension);
    for (const [to, column] of columns.entries()) {
      weight.set(this.#weight.subarray(column * dimension, (column + 1) * dimension), to * dimension);
    }
    const bias = Float32Array.from(columns, (column) => this.#bias[column] ?? 0);
    return linear(
      tape,
      x,
      new Tensor([columns.length, dimension], weight),
      new Tensor([columns.length], bias),
    );
  }

  startHead(shares: Float64Array): TrainableHead {
    const dimension = this.#weight.length / this.old;
    const start = new Float32Array(dimension);
    let startBias = 0;
    for (const [model, share] of shares.entries()) {
      startBias += share * (this.#bias[model] ?? 0);
      for (let d = 0; d < dimension; d++)
        start[d] = (start[d] ?? 0) + share * (this.#weight[model * dimension + d] ?? 0);
    }
    const weight = new Tensor([1, dimension], start, true);
    const bias = new Tensor([1], Float32Array.of(startBias), true);
    return {
      predict: (tape, x) => linear(tape, x, weight, bias),
      parameters: () => [
        { name: 'weight', tensor: weight, decay: false },
        { name: 'bias', tensor: bias, decay: false },
      ],
      result: () => ({ kind: 'linear', weight: weight.data.slice(), bias: bias.data[0] ?? 0 }),
    };
  }
}

function linear(tape: Tape, x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return add(tape, matmul(tape, x, weight, { transposeB: true }), bias);
}

/** Ridge regression of the frozen predictions on the embedding. */
function fitTwin(frozen: QualityEstimator, { rows, embeddings }: TwinRows): LinearTwin {
  const { models, dimension } = frozen;
  const scores = predictAll(frozen, embeddings, rows);
  const { gram, moments, meanEmbedding, meanScores } = normalEquations(
    loadAddon().kernels,
    { rows, dimension, models, embeddings, scores },
    { models: [...models.keys()], rows: Array.from({ length: rows }, (_, row) => row) },
  );
  const matrix = Float64Array.from(gram);
  for (let d = 0; d < dimension; d++) matrix[d * dimension + d] = (matrix[d * dimension + d] ?? 0) + penalty;
  const lower = cholesky(matrix, dimension);
  if (lower === null) {
    throw new PointsmanError(
      'ERR_INVALID_DATA',
      'onboarding: the embeddings are too large for a stable solution',
    );
  }
  const weight = new Float32Array(models.length * dimension);
  const bias = new Float32Array(models.length);
  for (const model of models.keys()) {
    const moment = Float64Array.from(
      { length: dimension },
      (_, d) => moments[d * models.length + model] ?? 0,
    );
    const solution = solveCholesky(lower, dimension, moment);
    weight.set(solution, model * dimension);
    bias[model] =
      (meanScores[model] ?? 0) - solution.reduce((sum, w, d) => sum + w * (meanEmbedding[d] ?? 0), 0);
  }
  return new LinearTwin(weight, bias);
}
