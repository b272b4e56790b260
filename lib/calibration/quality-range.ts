import type { QualityRange } from '../policy/policy.ts';
import type { CalibrationSet } from './calibration-set.ts';

/**
 * The constants of IPR's static thresholds: the mean over the calibration set's prompts of the best and of the worst
 * predicted quality. Means, not extremes: an extreme of hundreds of rows is one lucky prompt's, and no other reaches it.
 */
export function qualityRange({ models, rows, predicted }: CalibrationSet): QualityRange {
  let max = 0;
  let min = 0;
  for (let row = 0; row < rows; row++) {
    const quality = predicted.subarray(row * models.length, (row + 1) * models.length);
    max += Math.max(...quality);
    min += Math.min(...quality);
  }
  return { max: max / rows, min: min / rows };
}
