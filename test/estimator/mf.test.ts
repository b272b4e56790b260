import { describe, expect, it } from 'vitest';
import { loadAddon } from '../../bindings/load.ts';
import { solveSymmetric } from '../../lib/estimator/conjugate-gradients.ts';
import type { LabelledEmbeddings } from '../../lib/estimator/estimator.ts';
import { alternate, largestPenalty, lowRankProblem, randomStart } from '../../lib/estimator/low-rank.ts';
import { mfFactory } from '../../lib/estimator/mf.ts';
import { predictAll } from '../../lib/estimator/predict.ts';
import { Random } from '../../lib/nn/random.ts';
import { meanSquaredError, plantedData } from './planted.ts';

const { kernels } = loadAddon();
const training = plantedData(600, 31);
const validation = plantedData(200, 32);
const test = plantedData(200, 33);

describe('conjugate gradients', () => {
  it('solve a symmetric positive definite system in as many products as it has unknowns', () => {
    const matrix = [4, 2, 0.6, 2, 5, 1, 0.6, 1, 3];
    const multiply = (x: Float32Array) =>
      x.map((_, i) => x.reduce((sum, value, j) => sum + value * (matrix[3 * i + j] as number), 0));
    const b = Float32Array.of(1, -2, 0.5);
    const x = solveSymmetric(multiply, b, new Float32Array(3), { residual: 1e-7, products: 5 });
    const back = multiply(x);
    for (const [i, expected] of b.entries()) expect(back[i]).toBeCloseTo(expected, 5);
  });
});

describe('alternating least squares', () => {
  const singular = [5, 3, 1];
  const dimension = 6;
  /** X^T X the identity and X^T Y with these singular values, in directions that are no axes. */
  const turn = [0.6, 0.8, 0, -0.8, 0.6, 0, 0, 0, 1];
  const product = singular.map((_, model) =>
    Array.from({ length: dimension }, (_, d) =>
      d < 3 ? (turn[3 * model + d] as number) * (singular[d] as number) : 0,
    ),
  );
  const group = {
    models: [0, 1, 2],
    meanEmbedding: new Float64Array(dimension),
    meanScores: new Float64Array(3),
    gram: Float32Array.from({ length: dimension ** 2 }, (_, cell) => (cell % (dimension + 1) === 0 ? 1 : 0)),
    moments: Float32Array.from(
      { length: dimension * 3 },
      (_, cell) => product[cell % 3]?.[Math.floor(cell / 3)] ?? 0,
    ),
  };
  const problem = lowRankProblem(kernels, [group], { dimension, models: 3 });
  const weightsFor = (penalty: number, rank: number) => {
    let weights = randomStart(problem, rank, new Random(1));
    for (let i = 0; i < 20; ++i) weights = alternate(problem, penalty, weights);
    const { modelVectors, projection } = weights;
    return [0, 1, 2].map((model) =>
      Array.from({ length: dimension }, (_, d) =>
        Array.from(
          { length: rank },
          (_, f) => (modelVectors[model * rank + f] as number) * (projection[f * dimension + d] as number),
        ).reduce((a, b) => a + b, 0),
      ),
    );
  };
  /** Singular values less the penalty (Cai, Candes and Shen 2010), the largest `rank` of them. */
  const expected = (penalty: number, rank: number) =>
    singular.map((_, model) =>
      Array.from({ length: dimension }, (_, d) =>
        d < rank ? (turn[3 * model + d] as number) * Math.max(0, (singular[d] as number) - penalty) : 0,
      ),
    );

  it.each([
    [0.5, 3],
    [2, 3],
    [0.5, 2],
    [0.5, 1],
  ])(
    'has the singular values of the least squares solution less the penalty: %d, rank %d',
    (penalty, rank) => {
      const weights = weightsFor(penalty, rank);
      for (const [model, row] of expected(penalty, rank).entries()) {
        for (const [d, value] of row.entries()) expect(weights[model]?.[d]).toBeCloseTo(value, 1);
      }
    },
  );

  it('leaves nothing above the largest penalty, and something below it', () => {
    const largest = largestPenalty(problem);
    expect(largest).toBeCloseTo(5, 3);
    const size = (penalty: number) => Math.hypot(...weightsFor(penalty, 3).flat());
    expect(size(1.2 * largest)).toBeLessThan(0.01);
    expect(size(0.8 * largest)).toBeGreaterThan(0.5);
  });
});

describe('the mf estimator', () => {
  /** Scores that are a product of two factors, every other cell missing. */
  function lowRank(data: LabelledEmbeddings, isMissing: (cell: number) => boolean): LabelledEmbeddings {
    const models = ['a', 'b', 'c', 'd', 'e'];
    const scores = new Float32Array(data.rows * models.length);
    for (let cell = 0; cell < scores.length; ++cell) {
      const start = Math.floor(cell / models.length) * data.dimension;
      const [x = 0, y = 0] = data.embeddings.subarray(start, start + 2);
      const model = cell % models.length;
      const score = 0.5 + 0.1 * model + 0.3 * Math.cos(model) * x + 0.3 * Math.sin(model) * y;
      scores[cell] = isMissing(cell) ? Number.NaN : Math.min(1, Math.max(0, score));
    }
    return { ...data, models, scores };
  }

  it('recovers a relation of two factors from half of the cells', async () => {
    const holes = new Random(9);
    const estimator = await mfFactory.train(
      lowRank(training, () => holes.uniform() < 0.5),
      lowRank(validation, () => false),
      {},
    );
    const truth = lowRank(test, () => false);
    const predictions = predictAll(estimator, test.embeddings, test.rows);
    expect(meanSquaredError(predictions, truth.scores)).toBeLessThan(2e-4);
    expect(Number(estimator.state().config.rank)).toBeGreaterThanOrEqual(2);
  });

  it('has no more factors than models', async () => {
    const estimator = await mfFactory.train(training, validation, {});
    expect(estimator.state().tensors.modelVectors?.shape[1]).toBeLessThanOrEqual(training.models.length);
  });
});
