/** Labelled prompts beside what the frozen router predicts of its models. */
export interface JudgedPrompts {
  readonly rows: number;
  readonly old: readonly string[];
  /** [rows, old] */
  readonly predicted: Float32Array;
  /** [rows], in [0, 1] */
  readonly scores: Float64Array;
}

/** How far predictions of the new model are from what was measured. */
export interface PredictionError {
  /** Mean of |predicted - measured|. */
  readonly mae: number;
  /** Mean of (predicted - measured)^2. */
  readonly brier: number;
}

/** Held-out errors of the new model beside two controls, on the same rows and folds. */
export interface HeldOutErrors {
  readonly model: PredictionError;
  /** The mean score of the other folds for every prompt. */
  readonly constantMean: PredictionError;
  /** The frozen prediction of the old model that is nearest to the scores of the other folds. */
  readonly nearestOld: PredictionError;
  /** The old model that is nearest over all rows. */
  readonly nearest: string;
}

/**
 * Errors on rows that the predictions did not see.
 * @param folds the fold of each row
 * @param heldOut [rows] predictions of the new model by fits on the other folds
 */
export function heldOutErrors(
  data: JudgedPrompts,
  folds: readonly number[],
  heldOut: Float64Array,
): HeldOutErrors {
  const constant = new Float64Array(data.rows);
  const nearest = new Float64Array(data.rows);
  for (const fold of new Set(folds)) {
    const others = [...folds.keys()].filter((row) => folds[row] !== fold);
    const mean = others.reduce((sum, row) => sum + (data.scores[row] ?? 0), 0) / others.length;
    const model = nearestModel(data, others);
    for (const [row, own] of folds.entries()) {
      if (own !== fold) continue;
      constant[row] = mean;
      nearest[row] = data.predicted[row * data.old.length + model] ?? 0;
    }
  }
  return {
    model: errorsOf(heldOut, data.scores),
    constantMean: errorsOf(constant, data.scores),
    nearestOld: errorsOf(nearest, data.scores),
    nearest: data.old[nearestModel(data, [...folds.keys()])] ?? '',
  };
}

/** Index of the old model whose predictions on the given rows have the lowest squared distance to the scores. */
export function nearestModel({ old, predicted, scores }: JudgedPrompts, rows: readonly number[]): number {
  const distances = old.map((_, model) =>
    rows.reduce(
      (sum, row) => sum + ((predicted[row * old.length + model] ?? 0) - (scores[row] ?? 0)) ** 2,
      0,
    ),
  );
  return distances.indexOf(Math.min(...distances));
}

function errorsOf(predicted: Float64Array, scores: Float64Array): PredictionError {
  let absolute = 0;
  let squared = 0;
  for (const [row, value] of predicted.entries()) {
    const error = value - (scores[row] ?? 0);
    absolute += Math.abs(error);
    squared += error ** 2;
  }
  return { mae: absolute / predicted.length, brier: squared / predicted.length };
}
