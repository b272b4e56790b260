import { PointsmanError } from '../errors.ts';

/** Scores without which nothing can be told: two in five are held out. */
export const leastFeedback = 100;

const heldShare = 0.25;
const leastHeld = 40;
/**
 * A model that has just changed shows in what is learnt from only once the held-out feedback is all of after the change, so more
 * of it would make a refit later without making it much surer.
 */
const mostHeld = 150;

/** How many of the first scored decisions a refit learns from; the others, the last, judge it. ERR_INVALID_DATA for too few. */
export function learningRowsOf(rows: number, skipped: string): number {
  if (rows >= leastFeedback) {
    return rows - Math.min(mostHeld, Math.max(leastHeld, Math.round(heldShare * rows)));
  }
  throw new PointsmanError(
    'ERR_INVALID_DATA',
    `a refit needs at least ${leastFeedback} scored decisions, the store has ${rows} that this router can learn from${skipped}`,
  );
}
