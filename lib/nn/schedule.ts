import { PointsmanError } from '../errors.ts';

/** The learning rate at a step, counted from 0. */
export type Schedule = (step: number) => number;

export interface CosineOptions {
  /** The highest rate, reached when the warm-up ends. */
  readonly peak: number;
  /** Steps of linear rise. @default 0 */
  readonly warmupSteps?: number;
  /** Steps until the floor is reached, warm-up included. */
  readonly totalSteps: number;
  /** The rate from `totalSteps` on. @default 0 */
  readonly floor?: number;
}

export function constantRate(rate: number): Schedule {
  return () => rate;
}

/** Linear warm-up, then half a cosine from the peak down to the floor (Loshchilov and Hutter 2017, one cycle). */
export function cosineWithWarmup(options: CosineOptions): Schedule {
  const { peak, warmupSteps = 0, totalSteps, floor = 0 } = options;
  if (!(warmupSteps >= 0 && warmupSteps < totalSteps)) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `cosineWithWarmup: warmupSteps must be in [0, totalSteps), got ${warmupSteps} of ${totalSteps}`,
    );
  }
  return (step) => {
    if (step < warmupSteps) return (peak * (step + 1)) / warmupSteps;
    const progress = Math.min(1, (step - warmupSteps) / (totalSteps - warmupSteps));
    return floor + 0.5 * (peak - floor) * (1 + Math.cos(Math.PI * progress));
  };
}
