import { type LogOddsMap, logit, sigmoid, unchanged } from '../estimator/refitted.ts';

/** Predictions of one model and how they turned out, in the order of the decisions. */
export interface Observations {
  readonly predicted: Float64Array;
  readonly scores: Float64Array;
  /** What each counts for, see `evidenceWeights`. */
  readonly weights: Float64Array;
}

/** How a model is thought to change. */
export interface DriftSetting {
  /** What evidence keeps of its weight from one observation to the next, in (0, 1]. */
  readonly keep: number;
  /** Observations' worth of trust that the predictions are right as they are, on the shift in log-odds. */
  readonly trust: number;
}

/** From "as it was trained" to "judge it by its last twenty answers". */
export const driftSettings: readonly DriftSetting[] = [
  { keep: 1, trust: 100 },
  { keep: 1, trust: 20 },
  { keep: 0.998, trust: 20 },
  { keep: 0.995, trust: 8 },
  { keep: 0.99, trust: 8 },
  { keep: 0.98, trust: 8 },
  { keep: 0.95, trust: 8 },
];

/** Nats by which a setting must have foreseen scores better than the predictions as they are, as against chance. */
export const leastGain = 2;

/** An observation's curvature is at most a quarter. */
const curvature = 0.25;
/** Observations' worth of trust in a slope of 1. */
const slopeTrust = 100;

/** What is known of a model after its feedback. */
export interface DriftFit {
  /** null: predictions stay as they are. */
  readonly setting: DriftSetting | null;
  readonly map: LogOddsMap;
  /** Nats by which the map of each moment foresaw the next score better than the predictions as they are; 0 for `setting` null. */
  readonly gain: number;
}

/**
 * Fits slope and shift of a model's log-odds to its feedback, older feedback counting for less where that foresees scores
 * better. How much less is chosen by prequential log loss: every score is first predicted by what came before it, then
 * learnt (Dawid 1984). Predictions stay as they are unless some setting foresaw the scores better by `leastGain`.
 */
export function fitDrift(observations: Observations): DriftFit {
  const asTheyAre = prequentialLoss(observations, null).loss;
  let best: DriftFit & { readonly loss: number } = {
    setting: null,
    map: unchanged,
    gain: 0,
    loss: asTheyAre - leastGain,
  };
  for (const setting of driftSettings) {
    const { loss, map } = prequentialLoss(observations, setting);
    if (loss < best.loss) best = { setting, map, gain: asTheyAre - loss, loss };
  }
  const { setting, map, gain } = best;
  return { setting, map, gain };
}

/**
 * A Gaussian over (slope, shift), updated by one Newton step an observation; between two of them its precision and mean fall
 * back towards the prior's by 1 - keep (stabilised exponential forgetting, Kulhavy 1987).
 */
function prequentialLoss(
  { predicted, scores, weights }: Observations,
  setting: DriftSetting | null,
): { readonly loss: number; readonly map: LogOddsMap } {
  const prior = [slopeTrust * curvature, 0, (setting?.trust ?? 0) * curvature] as const;
  let [a, b, c] = prior; // precision [[a, b], [b, c]]
  let { slope, shift } = unchanged;
  let loss = 0;
  for (let i = 0; i < predicted.length; i++) {
    const x = logit(predicted[i] ?? 0);
    const score = scores[i] ?? 0;
    const weight = weights[i] ?? 0;
    if (setting === null) {
      loss += weight * crossEntropy(predicted[i] ?? 0, score);
      continue;
    }
    const { keep } = setting;
    const h = [
      keep * (a * slope + b * shift) + (1 - keep) * prior[0],
      keep * (b * slope + c * shift),
    ] as const;
    a = keep * a + (1 - keep) * prior[0];
    b *= keep;
    c = keep * c + (1 - keep) * prior[2];
    const determinant = a * c - b * b;
    [slope, shift] = [(c * h[0] - b * h[1]) / determinant, (a * h[1] - b * h[0]) / determinant];
    const p = sigmoid(slope * x + shift);
    loss += weight * crossEntropy(p, score);
    // Curvature between that of the prediction and of the score: a sure prediction that is wrong must not fling the map away.
    const bend = weight * Math.max(p * (1 - p), curvature * Math.abs(score - p));
    a += bend * x * x;
    b += bend * x;
    c += bend;
    const gradient = weight * (score - p);
    const inverse = 1 / (a * c - b * b);
    const dSlope = (c * x - b) * gradient * inverse;
    const dShift = (a - b * x) * gradient * inverse;
    slope = Math.max(0, slope + dSlope);
    shift += dShift;
  }
  return { loss, map: { slope, shift } };
}

/** Held away from 0 and 1 as log-odds are. */
export function crossEntropy(predicted: number, score: number): number {
  const p = sigmoid(logit(predicted));
  return -score * Math.log(p) - (1 - score) * Math.log(1 - p);
}
