import { type CalibrationSet, calibrationSetOf } from '../calibration/calibration-set.ts';

/** Labelled prompts as evidence on the new model, the last column of every matrix [rows, models]. */
export interface AddedEvidence {
  readonly models: readonly string[];
  readonly rows: number;
  /** Frozen predictions of the old models beside held-out ones of the new model. */
  readonly predicted: Float32Array;
  /** NaN: not run, or no evidence because training has seen it. */
  readonly scores: Float32Array;
  /** [rows] */
  readonly inputTokens: readonly number[];
  /** Of the router's cost head with the new row; null where it has none. */
  readonly costValues: Float32Array | null;
  /** What the new model's prediction is from a row [old] of frozen ones, for prompts that it was not run on. */
  readonly estimate: (predicted: Float32Array) => number;
}

/**
 * A router's calibration set with a column for the new model, and the labelled prompts as further rows. On rows of the old
 * set the new model has no score, so its estimate there only counts where predictions alone do.
 * @param set of the router; null where a version before there were calibration sets wrote it
 */
export function extendCalibration(set: CalibrationSet | null, added: AddedEvidence): CalibrationSet {
  const columns = added.models.length;
  const oldRows = set?.rows ?? 0;
  const rows = oldRows + added.rows;
  const joined = {
    predictedQuality: new Float32Array(rows * columns),
    scores: new Float32Array(rows * columns).fill(Number.NaN),
    inputTokens: Float32Array.from([...(set?.inputTokens ?? []), ...added.inputTokens]),
    costValues: added.costValues === null ? null : new Float32Array(rows * columns),
  };
  for (let row = 0; row < oldRows; row++) {
    const start = row * columns;
    const own = [row * (columns - 1), (row + 1) * (columns - 1)] as const;
    const predicted = set?.predicted.subarray(...own) ?? new Float32Array(0);
    joined.predictedQuality.set(predicted, start);
    joined.predictedQuality[start + columns - 1] = added.estimate(predicted);
    joined.scores.set(set?.scores.subarray(...own) ?? [], start);
    joined.costValues?.set(set?.costValues?.subarray(...own) ?? [], start);
  }
  joined.predictedQuality.set(added.predicted, oldRows * columns);
  joined.scores.set(added.scores, oldRows * columns);
  if (added.costValues !== null) joined.costValues?.set(added.costValues, oldRows * columns);
  return calibrationSetOf({ models: added.models, ...joined });
}
