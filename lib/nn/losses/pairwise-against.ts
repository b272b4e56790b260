import { matrixShape, requireShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

/** Opponents with known strengths and results. */
export interface Opponents {
  readonly count: number;
  /** [rows, count] logits. */
  readonly logits: Float32Array;
  /** [rows, count], NaN: not known. */
  readonly scores: Float32Array;
}

/**
 * RankNet's loss of newcomers against fixed opponents: over the rows, the mean over the opponents with another score of
 * log(1 + exp(-+(x - x_opponent))), summed over the rows and averaged over the newcomers. Every row counts once, however many
 * opponents it has, as their results on one prompt are not independent.
 * @param predictions [rows, newcomers] logits
 * @param scores [rows] of the newcomers, which are one model
 */
export function pairwiseAgainst(
  tape: Tape,
  predictions: Tensor,
  scores: Float64Array,
  { count, logits, scores: theirs }: Opponents,
): Tensor {
  const [rows, newcomers] = matrixShape('pairwiseAgainst', 'predictions', predictions.shape);
  requireShape(
    scores.length === rows && logits.length === rows * count && theirs.length === rows * count,
    'pairwiseAgainst',
    `${rows} rows need ${rows} scores and ${rows * count} of opponents, got ${scores.length} and ${theirs.length}`,
  );
  const slopes = new Float32Array(predictions.size);
  let total = 0;
  for (let row = 0; row < rows; ++row) {
    const own = scores[row] as number;
    const others = [...Array(count).keys()].filter((column) => {
      const score = theirs[row * count + column] as number;
      return !Number.isNaN(score) && score !== own;
    });
    for (const column of others) {
      const sign = own > (theirs[row * count + column] as number) ? 1 : -1;
      const share = 1 / (others.length * newcomers);
      for (let cell = row * newcomers; cell < (row + 1) * newcomers; ++cell) {
        const margin = sign * ((predictions.data[cell] as number) - (logits[row * count + column] as number));
        total += share * (Math.max(-margin, 0) + Math.log1p(Math.exp(-Math.abs(margin))));
        slopes[cell] = (slopes[cell] as number) - (sign * share) / (1 + Math.exp(margin));
      }
    }
  }
  return tape.record([], Float32Array.of(total), [predictions], ([gradient = 0]) => {
    const into = predictions.gradientBuffer();
    for (let i = 0; i < into.length; ++i) into[i] = (into[i] as number) + gradient * (slopes[i] as number);
  });
}
