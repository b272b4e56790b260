import type { SweptPolicyKind } from '../policy/policy.ts';
import { type Areas, type Contest, measureAreas } from './areas.ts';
import { interval95, resampleRows } from './bootstrap.ts';
import { byLevel, type SettingPerLevel, savingOf } from './csr.ts';
import type { EvaluationIntervals } from './evaluation.ts';
import { meanOutcome, type Outcome, type RowWeights } from './outcome.ts';

/** What was settled on all rows and stays so in every resample. */
export interface SettledFigures {
  readonly policy: SweptPolicyKind;
  readonly areas: Areas;
  /** Index of the operating point in the policy's sweep. */
  readonly operating: number;
  readonly csr: SettingPerLevel;
}

/**
 * Bootstrap over prompts. The decisions of every setting are already made, so a resample only weighs rows anew; the
 * cheapest and best model, and with them the range of costs, are found again in each resample for the areas.
 */
export function bootstrapIntervals(
  contest: Contest,
  settled: SettledFigures,
  rows: number,
  { resamples, seed }: { readonly resamples: number; readonly seed: number },
): EvaluationIntervals {
  const swept = contest.swept[settled.policy];
  const single = (model: string) => contest.singles.find((one) => one.model === model)?.outcome;
  const best = single(settled.areas.best.model);
  const cheapest = single(settled.areas.cheapest.model);
  const router = swept[settled.operating]?.outcome;
  const area: number[] = [];
  const gapClosed: (number | null)[] = [];
  const quality = { router: [] as number[], cheapest: [] as number[], best: [] as number[] };
  const csr = byLevel((): number[] => []);
  resampleRows(rows, resamples, seed, (weights) => {
    const found = measureAreas(contest, weights).policies[settled.policy];
    area.push(found.area);
    gapClosed.push(found.gapClosed);
    quality.router.push(qualityOf(router, weights));
    quality.cheapest.push(qualityOf(cheapest, weights));
    quality.best.push(qualityOf(best, weights));
    byLevel((level) => {
      const outcome = swept[settled.csr[level] ?? -1]?.outcome;
      if (outcome === undefined || best === undefined) return;
      csr[level].push(savingOf(meanOutcome(outcome, weights), meanOutcome(best, weights)));
    });
  });
  return {
    resamples,
    seed,
    area: interval95(area),
    gapClosed: interval95(gapClosed),
    csr: byLevel((level) => interval95(csr[level])),
    quality: {
      router: interval95(quality.router),
      cheapest: interval95(quality.cheapest),
      best: interval95(quality.best),
    },
  };
}

function qualityOf(outcome: Outcome | undefined, weights: RowWeights): number {
  return outcome === undefined ? Number.NaN : meanOutcome(outcome, weights).quality;
}
