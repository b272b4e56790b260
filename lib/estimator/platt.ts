import type { CalibrationCurve, CalibrationPairs } from './calibration-curves.ts';

/** slope * logit(p) + shift, through a sigmoid. */
export interface PlattParameters {
  readonly slope: number;
  readonly shift: number;
}

const IDENTITY: PlattParameters = { slope: 1, shift: 0 };

/** Rows' worth of trust in the prior: models with few rows stay close to the curve of all models. */
const PRIOR_ROWS = 100;
const MARGIN = 1e-3;
const STEPS = 50;

/**
 * Platt scaling (Platt 1999; with a shift of 0 it would be temperature scaling): logistic regression of the score on the
 * logit of the prediction, by Newton steps on the cross entropy with a penalty on the way from `prior`. The slope is not
 * negative, so the curve never falls.
 */
export function fitPlatt(pairs: CalibrationPairs, prior: PlattParameters = IDENTITY): CalibrationCurve {
  const { slope, shift } = plattParameters(pairs, prior);
  return (predicted) => sigmoid(slope * logit(predicted) + shift);
}

fitPlatt.parameters = plattParameters;

function plattParameters(
  { predicted, measured }: CalibrationPairs,
  prior: PlattParameters = IDENTITY,
): PlattParameters {
  const penalty = 0.25 * PRIOR_ROWS; // a row has a curvature of at most a quarter
  let { slope, shift } = prior;
  for (let step = 0; step < STEPS; ++step) {
    let [gradientSlope, gradientShift] = [penalty * (slope - prior.slope), penalty * (shift - prior.shift)];
    let [slopeSlope, slopeShift, shiftShift] = [penalty, 0, penalty];
    for (const [i, value] of predicted.entries()) {
      const x = logit(value);
      const p = sigmoid(slope * x + shift);
      const error = p - (measured[i] ?? 0);
      const curvature = p * (1 - p);
      gradientSlope += error * x;
      gradientShift += error;
      slopeSlope += curvature * x * x;
      slopeShift += curvature * x;
      shiftShift += curvature;
    }
    const determinant = slopeSlope * shiftShift - slopeShift * slopeShift;
    const dSlope = (shiftShift * gradientSlope - slopeShift * gradientShift) / determinant;
    const dShift = (slopeSlope * gradientShift - slopeShift * gradientSlope) / determinant;
    slope = Math.max(0, slope - dSlope);
    shift -= dShift;
    if (Math.abs(dSlope) + Math.abs(dShift) < 1e-9) break;
  }
  return { slope, shift };
}

function logit(p: number): number {
  const held = Math.min(1 - MARGIN, Math.max(MARGIN, p));
  return Math.log(held / (1 - held));
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
