import type { SingleModel } from './controls.ts';
import { emptyOutcome, type Outcome } from './outcome.ts';
import type { MeanOfModel } from './singles.ts';

/** Sends a random share of all prompts to the dearer of two models, whatever the prompt; needs no router. */
export interface StaticMix {
  readonly cheaper: string;
  readonly dearer: string;
  /** Share of the prompts that go to `dearer`, in [0, 1]. */
  readonly dearerShare: number;
}

/**
 * The cheapest mix on a hull of single models (`concaveHull`) whose mean quality is at least `quality`; the hull's best
 * model where none is.
 */
export function cheapestMix(hull: readonly MeanOfModel[], quality: number): StaticMix {
  let cheaper = hull[0];
  for (const dearer of hull) {
    if (cheaper !== undefined && dearer.quality >= quality) {
      const rise = dearer.quality - cheaper.quality;
      const dearerShare = rise > 0 ? Math.max(0, (quality - cheaper.quality) / rise) : 0;
      return { cheaper: cheaper.model, dearer: dearer.model, dearerShare };
    }
    cheaper = dearer;
  }
  const model = cheaper?.model ?? '';
  return { cheaper: model, dearer: model, dearerShare: 1 };
}

/** The expected outcome of a mix on every row; null where one of its models was not run on these rows. */
export function mixOutcome(singles: readonly SingleModel[], mix: StaticMix): Outcome | null {
  const cheaper = singles.find(({ model }) => model === mix.cheaper)?.outcome;
  const dearer = singles.find(({ model }) => model === mix.dearer)?.outcome;
  if (cheaper === undefined || dearer === undefined) return null;
  const outcome = emptyOutcome(cheaper.scores.length);
  const between = (a = 0, b = 0) => a + mix.dearerShare * (b - a);
  for (let row = 0; row < outcome.scores.length; row++) {
    outcome.scores[row] = between(cheaper.scores[row], dearer.scores[row]);
    outcome.costsUsd[row] = between(cheaper.costsUsd[row], dearer.costsUsd[row]);
  }
  return outcome;
}
