import { PointsmanError } from '../errors.ts';

/**
 * How a value of the cost head becomes an amount: tokens of an answer, or billionths of a USD.
 *
 * Lengths and costs of answers are spread over decades, so a linear head predicts z = log1p(amount). What a head answers
 * lies in [0, 1], and the prompt's length is known outside it only; hence
 * z = from + (to - from) * value + perLogInput * log1p(input tokens).
 */
export interface LogPrediction {
  /** What the values 0 and 1 of the head stand for. */
  readonly from: number;
  readonly to: number;
  readonly perLogInput: number;
  /** Tokens of the longest prompt it was fitted on: beyond it, it does not extrapolate. */
  readonly longestInput: number;
  /**
   * Factor from exp(z), a median, to the mean amount: on validation rows sum(amount + 1) / sum(exp z). Duan's smearing
   * factor, the mean of the ratios, left the sum 9 % too high on mixed-2024 and 5 % too low on routellm; this one 0 %.
   */
  readonly mean: number;
  /** Factors to the 10 % and 90 % quantiles of the amounts on validation rows. */
  readonly low: number;
  readonly high: number;
}

/** An expected amount and its 80 % interval. */
export interface PredictedAmount {
  readonly expected: number;
  readonly low: number;
  readonly high: number;
}

/** @param value of the cost head for the model, in [0, 1] @param inputTokens by the encoder's tokeniser */
export function predictAmount(
  prediction: LogPrediction,
  value: number,
  inputTokens: number,
): PredictedAmount {
  const { from, to, perLogInput, longestInput, mean, low, high } = prediction;
  if (!(value >= 0)) {
    throw new PointsmanError('ERR_INTERNAL', `the cost head must answer a value in [0, 1], got ${value}`);
  }
  const z = from + (to - from) * value + perLogInput * Math.log1p(Math.min(inputTokens, longestInput));
  const typical = Math.exp(z);
  return {
    expected: Math.max(0, mean * typical - 1),
    low: Math.max(0, low * typical - 1),
    high: Math.max(0, high * typical - 1),
  };
}
