import { matrixShape, requireShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

/**
 * RankNet's loss (Burges et al. 2005, eq. 3): the mean of log(1 + exp(x_b - x_a)) over all pairs of one row's cells
 * with targets t_a > t_b. Missing cells (NaN) and ties make no pair; without any pair the loss is 0.
 */
export function pairwiseRanking(tape: Tape, predictions: Tensor, targets: Float32Array): Tensor {
  const [rows, columns] = matrixShape('pairwiseRanking', 'predictions', predictions.shape);
  requireShape(
    targets.length === rows * columns,
    'pairwiseRanking',
    `predictions have ${rows * columns} cells, targets ${targets.length}`,
  );
  const x = predictions.data;
  let total = 0;
  let pairs = 0;
  forEachPair(targets, columns, (better, worse) => {
    const margin = (x[better] as number) - (x[worse] as number);
    total += Math.max(-margin, 0) + Math.log1p(Math.exp(-Math.abs(margin)));
    pairs += 1;
  });
  const share = pairs > 0 ? 1 / pairs : 0;
  return tape.record([], Float32Array.of(total * share), [predictions], ([gradient = 0]) => {
    const into = predictions.gradientBuffer();
    forEachPair(targets, columns, (better, worse) => {
      const margin = (x[better] as number) - (x[worse] as number);
      const slope = (gradient * share) / (1 + Math.exp(margin));
      into[better] = (into[better] as number) - slope;
      into[worse] = (into[worse] as number) + slope;
    });
  });
}

function forEachPair(
  targets: Float32Array,
  columns: number,
  visit: (better: number, worse: number) => void,
): void {
  for (let row = 0; row < targets.length; row += columns) {
    for (let a = row; a < row + columns; ++a) {
      for (let b = row; b < row + columns; ++b) {
        // False where either is NaN.
        if ((targets[a] as number) > (targets[b] as number)) visit(a, b);
      }
    }
  }
}
