import { type CalibrationSet, calibrationSetOf } from '../calibration/calibration-set.ts';
import { type LogOddsMap, logit, mapQuality, unchanged } from '../estimator/refitted.ts';
import type { FeedbackRows } from './feedback-rows.ts';

/** Scores that contradict what is now predicted by more standard errors than this are of a model that is no more. */
const contradiction = 3;

/** What a refit did to predictions: [rows, models] of the same prompts, before and after. */
export interface MovedPredictions {
  readonly before: Float32Array;
  readonly after: Float32Array;
}

/** Held-out feedback as further evidence; the refit has not seen it. */
export interface HeldEvidence {
  readonly feedback: FeedbackRows;
  /** [rows, models] by the refitted router. */
  readonly predicted: Float32Array;
  /** [rows, models] of the cost head; null where there is none. */
  readonly costValues: Float32Array | null;
}

export interface CarriedCalibration {
  readonly calibration: CalibrationSet;
  /** Models whose earlier scores were dropped. */
  readonly stale: readonly string[];
}

/**
 * A calibration set after a refit. Its prompts' features are not kept, so their predictions follow those of the feedback's prompts, by
 * each model's straight line in log-odds from before to after: exact but where identities moved. Scores from before that contradict
 * the new predictions are dropped, for intervals and guards to say nothing false; the held-out feedback is added.
 */
export function carryCalibration(
  set: CalibrationSet,
  moved: MovedPredictions,
  held: HeldEvidence,
): CarriedCalibration {
  const columns = set.models.length;
  const maps = set.models.map((_, column) => mapBetween(moved, column, columns));
  const predicted = set.predicted.map((value, cell) => mapQuality(maps[cell % columns] ?? unchanged, value));
  const scores = set.scores.slice();
  const stale = set.models.filter((_, column) => {
    if (maps[column] === unchanged || !contradicts(predicted, scores, column, columns)) return false;
    for (let cell = column; cell < scores.length; cell += columns) scores[cell] = Number.NaN;
    return true;
  });
  const { feedback } = held;
  const measured = new Float32Array(feedback.rows * columns).fill(Number.NaN);
  for (const [row, column] of feedback.chosen.entries())
    measured[row * columns + column] = feedback.scores[row] ?? Number.NaN;
  const join = (a: Float32Array, b: Float32Array) => Float32Array.from([...a, ...b]);
  const calibration = calibrationSetOf({
    models: set.models,
    predictedQuality: join(predicted, held.predicted),
    scores: join(scores, measured),
    inputTokens: Float32Array.from([...set.inputTokens, ...feedback.inputTokens]),
    costValues:
      set.costValues === null || held.costValues === null ? null : join(set.costValues, held.costValues),
  });
  return { calibration, stale };
}

/** The models whose predictions moved, by column. */
export function movedColumns({ before, after }: MovedPredictions, columns: number): readonly number[] {
  return Array.from({ length: columns }, (_, column) => column).filter((column) => {
    for (let cell = column; cell < before.length; cell += columns)
      if (before[cell] !== after[cell]) return true;
    return false;
  });
}

/** The least-squares line from log-odds before to those after. */
function mapBetween(moved: MovedPredictions, column: number, columns: number): LogOddsMap {
  const { before, after } = moved;
  if (!movedColumns(moved, columns).includes(column)) return unchanged;
  let [n, sumX, sumY, sumXX, sumXY] = [0, 0, 0, 0, 0];
  for (let cell = column; cell < before.length; cell += columns) {
    const [x, y] = [logit(before[cell] ?? 0), logit(after[cell] ?? 0)];
    n += 1;
    sumX += x;
    sumY += y;
    sumXX += x * x;
    sumXY += x * y;
  }
  const spread = sumXX - (sumX * sumX) / n;
  // Predicted alike everywhere, a model tells no slope.
  const slope = spread > 1e-6 * n ? Math.max(0, (sumXY - (sumX * sumY) / n) / spread) : 1;
  return { slope, shift: (sumY - slope * sumX) / n };
}

function contradicts(
  predicted: Float32Array,
  scores: Float32Array,
  column: number,
  columns: number,
): boolean {
  let [n, sum, squares] = [0, 0, 0];
  for (let cell = column; cell < scores.length; cell += columns) {
    const residual = (scores[cell] ?? Number.NaN) - (predicted[cell] ?? Number.NaN);
    if (Number.isNaN(residual)) continue;
    n += 1;
    sum += residual;
    squares += residual * residual;
  }
  if (n < 2) return false;
  const mean = sum / n;
  const standardError = Math.sqrt(Math.max(0, squares / n - mean * mean) / n);
  return Math.abs(mean) > contradiction * standardError;
}
