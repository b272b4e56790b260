import { PointsmanError } from '../errors.ts';
import type { EstimatorReader, EstimatorState, QualityEstimator } from './estimator.ts';
import { nestState, unnestState } from './nested-state.ts';
import type { LoadEstimator } from './onboarded.ts';
import { readTensor } from './state.ts';

/** Of one model: log-odds of its quality = slope * those that were predicted + shift. */
export interface LogOddsMap {
  /** Not negative. */
  readonly slope: number;
  readonly shift: number;
}

export const unchanged: LogOddsMap = { slope: 1, shift: 0 };

const basePrefix = 'base';
/** Points of a model's curve, evenly spaced from 0 to 1. */
const knots = 65;
/** Log-odds are taken no further from 1/2 than at this and its complement. */
const margin = 1e-3;

export function logit(p: number): number {
  const held = Math.min(1 - margin, Math.max(margin, p));
  return Math.log(held / (1 - held));
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

export function mapQuality({ slope, shift }: LogOddsMap, quality: number): number {
  return slope === 1 && shift === 0 ? quality : sigmoid(slope * logit(quality) + shift);
}

/** `base` with a map on every model's prediction, in model order. */
export function refittedState(base: EstimatorState, maps: readonly LogOddsMap[]): EstimatorState {
  const nested = nestState(basePrefix, base);
  const vector = (of: (map: LogOddsMap) => number) => ({
    shape: [maps.length],
    data: Float32Array.from(maps, of),
  });
  return {
    kind: 'refitted',
    config: nested.config,
    tensors: {
      ...nested.tensors,
      'refit.slope': vector(({ slope }) => slope),
      'refit.shift': vector(({ shift }) => shift),
    },
  };
}

/** What a refitted estimator was before feedback; null for any other. */
export function beforeRefit(state: EstimatorState): EstimatorState | null {
  return state.kind === 'refitted' ? unnestState(basePrefix, state) : null;
}

/**
 * An estimator of any kind whose predictions feedback has corrected, by a map in log-odds for each model (`pointsman refit`).
 * It is made by a refit, never trained on its own; a refit of it starts from its base again.
 */
export function refittedReader(load: LoadEstimator): EstimatorReader {
  return {
    kind: 'refitted',
    fromState(state, models, dimension): QualityEstimator {
      const base = load(unnestState(basePrefix, state), models, dimension);
      const { data: slope } = readTensor(state, 'refit.slope', [models.length]);
      const { data: shift } = readTensor(state, 'refit.shift', [models.length]);
      const falling = slope.findIndex((value) => value < 0);
      if (falling >= 0) {
        throw new PointsmanError(
          'ERR_CORRUPT_FILE',
          `the stored refitted estimator holds ${slope[falling]} in tensor "refit.slope" at element ${falling}`,
        );
      }
      const curve = curvesOf(slope, shift);
      return {
        kind: 'refitted',
        models,
        dimension,
        headSpec: () => ({ kind: 'calibrated', inner: base.headSpec(), knots, curve }),
        state: () => state,
      };
    },
  };
}

/** [models, knots] */
function curvesOf(slopes: Float32Array, shifts: Float32Array): Float32Array {
  const curves = new Float32Array(slopes.length * knots);
  for (const [model, slope] of slopes.entries()) {
    const map = { slope, shift: shifts[model] ?? 0 };
    for (let knot = 0; knot < knots; ++knot)
      curves[model * knots + knot] = mapQuality(map, knot / (knots - 1));
  }
  return curves;
}
