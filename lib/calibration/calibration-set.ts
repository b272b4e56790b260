import { PointsmanError } from '../errors.ts';
import type { StateTensor } from '../estimator/estimator.ts';

/**
 * Prompts that training did not see, with what the router predicts for them and what was measured: the evidence behind
 * intervals, static thresholds and the guarded policy. Matrices are [rows, models], row-major.
 */
export interface CalibrationSet {
  readonly models: readonly string[];
  readonly rows: number;
  /** Predicted quality, in [0, 1]. */
  readonly predicted: Float32Array;
  /** Measured quality, in [0, 1]; NaN: not run. */
  readonly scores: Float32Array;
  /** [rows] tokens of each prompt, which a model's cost on it follows from. */
  readonly inputTokens: Float32Array;
  /** [rows, models] of the router's cost head; null where it has none. */
  readonly costValues: Float32Array | null;
}

/** More rows narrow a bound by less than a fifth for every half again as many, and all travel with the router. */
export const maxCalibrationRows = 2000;

/** Which of so many rows a set takes: all of them, or `maxCalibrationRows` evenly spaced ones. */
export function calibrationPositions(available: number): number[] {
  const rows = Math.min(available, maxCalibrationRows);
  return Array.from({ length: rows }, (_, row) => Math.floor((row * available) / rows));
}

/** What an evaluation knows of the same rows; every `ArrayLike` is [rows, models] but for `inputTokens`, [rows]. */
export interface CalibrationInput {
  readonly models: readonly string[];
  readonly predictedQuality: ArrayLike<number>;
  readonly scores: ArrayLike<number>;
  readonly inputTokens: ArrayLike<number>;
  readonly costValues: ArrayLike<number> | null;
}

/** The calibration set of measured rows, those of `calibrationPositions`. */
export function calibrationSetOf(input: CalibrationInput): CalibrationSet {
  const { models, inputTokens, costValues } = input;
  const columns = models.length;
  const positions = calibrationPositions(inputTokens.length);
  const rows = positions.length;
  const set = {
    models,
    rows,
    predicted: new Float32Array(rows * columns),
    scores: new Float32Array(rows * columns),
    inputTokens: new Float32Array(rows),
    costValues: costValues === null ? null : new Float32Array(rows * columns),
  };
  for (const [row, from] of positions.entries()) {
    set.inputTokens[row] = inputTokens[from] ?? 0;
    for (let column = 0; column < columns; column++) {
      set.predicted[row * columns + column] = input.predictedQuality[from * columns + column] ?? Number.NaN;
      set.scores[row * columns + column] = input.scores[from * columns + column] ?? Number.NaN;
      if (set.costValues !== null)
        set.costValues[row * columns + column] = costValues?.[from * columns + column] ?? Number.NaN;
    }
  }
  return set;
}

const names = {
  predicted: 'calibration.predicted',
  scores: 'calibration.scores',
  inputTokens: 'calibration.input_tokens',
  costValues: 'calibration.cost_values',
} as const;

/** The set as the artifact stores it, beside the tensors of the estimator. */
export function calibrationTensors(set: CalibrationSet): Record<string, StateTensor> {
  const matrix = [set.rows, set.models.length];
  return {
    [names.predicted]: { shape: matrix, data: set.predicted },
    [names.scores]: { shape: matrix, data: set.scores },
    [names.inputTokens]: { shape: [set.rows], data: set.inputTokens },
    ...(set.costValues === null ? {} : { [names.costValues]: { shape: matrix, data: set.costValues } }),
  };
}

type Tensors = Readonly<Record<string, StateTensor>>;

/**
 * Parts an artifact's tensors into the estimator's own and the calibration set, null where a router of an earlier version
 * has none. Throws ERR_CORRUPT_FILE where it is incomplete or does not fit the models.
 */
export function splitCalibration(
  tensors: Tensors,
  models: readonly string[],
): { readonly estimator: Tensors; readonly calibration: CalibrationSet | null } {
  const { predicted, scores, inputTokens, costValues } = names;
  const {
    [predicted]: predictedTensor,
    [scores]: scoresTensor,
    [inputTokens]: tokensTensor,
    [costValues]: costTensor,
    ...estimator
  } = tensors;
  if (predictedTensor === undefined && scoresTensor === undefined && tokensTensor === undefined)
    return { estimator, calibration: null };
  const rows = predictedTensor?.shape[0] ?? 0;
  const matrix = [rows, models.length];
  const isShare = (value: number) => value >= 0 && value <= 1;
  const calibration = {
    models,
    rows,
    predicted: checkTensor(predictedTensor, predicted, matrix, isShare),
    scores: checkTensor(scoresTensor, scores, matrix, (score) => Number.isNaN(score) || isShare(score)),
    inputTokens: checkTensor(tokensTensor, inputTokens, [rows], (count) => count >= 0 && count < Infinity),
    costValues: costTensor === undefined ? null : checkTensor(costTensor, costValues, matrix, isShare),
  };
  return { estimator, calibration };
}

function checkTensor(
  tensor: StateTensor | undefined,
  name: string,
  shape: readonly number[],
  isValid: (value: number) => boolean,
): Float32Array {
  const corrupt = (problem: string) =>
    new PointsmanError('ERR_CORRUPT_FILE', `the stored calibration set ${problem}`);
  if (tensor === undefined) throw corrupt(`has no tensor "${name}"`);
  const wanted = shape.join(', ');
  if (tensor.shape.join(', ') !== wanted || shape[0] === 0) {
    throw corrupt(`needs tensor "${name}" of shape [${wanted}], got [${tensor.shape.join(', ')}]`);
  }
  const broken = tensor.data.findIndex((value) => !isValid(value));
  if (broken >= 0) throw corrupt(`holds ${tensor.data[broken]} in tensor "${name}" at element ${broken}`);
  return tensor.data;
}

/** The set, or ERR_UNSUPPORTED that says what `what` lacks without it. */
export function requireCalibration(set: CalibrationSet | null, what: string): CalibrationSet {
  if (set !== null) return set;
  throw new PointsmanError(
    'ERR_UNSUPPORTED',
    `${what} needs a calibration set, which this router of an earlier version does not have: train it anew`,
  );
}
