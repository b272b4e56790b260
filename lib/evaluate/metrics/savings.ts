import type { Choices } from '../choices.ts';
import type { Contest } from '../contest.ts';
import { csrLevels, savingOf } from '../csr.ts';
import type { FigureSpec, Metric } from '../metric.ts';
import { meanOutcome, type Outcome } from '../outcome.ts';
import { mixOutcome } from '../static-mix.ts';

/** Something that was chosen at a level, and what it did. */
interface Contender {
  readonly name: string;
  readonly label: string;
  readonly outcome: Outcome | null;
}

/**
 * CSR@q: the share of the best single model's cost that is saved by the cheapest setting which keeps q of its quality,
 * beside the share of its quality that was kept. The settings of `csr@q` were chosen on validation rows where there are any;
 * those of `csrInHindsight@q` on the evaluated rows. The same of static mixes, which need no router. What was chosen, and the
 * best model, stay fixed in every resample.
 */
export const savingsMetric: Metric = (contest) => {
  const contenders = csrLevels.flatMap((level) => contendersAt(contest, level));
  const best = contest.singles.find(({ model }) => model === contest.inHindsight.best);
  return {
    figures: contenders.flatMap(({ name, label }): FigureSpec[] => [
      { name, label: `saved, ${label}`, unit: 'share', better: 'higher' },
      { name: `${name}.kept`, label: `quality kept, ${label}`, unit: 'share', better: 'higher' },
    ]),
    measure: ({ weights }) => {
      if (best === undefined) return contenders.flatMap(() => [null, null]);
      const reference = meanOutcome(best.outcome, weights);
      return contenders.flatMap(({ outcome }) => {
        if (outcome === null) return [null, null];
        const point = meanOutcome(outcome, weights);
        const kept = reference.quality > 0 ? point.quality / reference.quality : null;
        return [savingOf(point, reference), kept];
      });
    },
  };
};

function contendersAt(contest: Contest, level: (typeof csrLevels)[number]): Contender[] {
  const { singles, swept, policy, onValidation, inHindsight } = contest;
  const at = (choices: Choices): Outcome | null =>
    swept[policy][choices.settings[level] ?? -1]?.outcome ?? null;
  const mixed = (choices: Choices): Outcome | null => mixOutcome(singles, choices.mixes[level]);
  const hindsight = [
    { name: `csrInHindsight@${level}`, label: `router at ${level}, in hindsight`, outcome: at(inHindsight) },
    {
      name: `mixInHindsight@${level}`,
      label: `static mix at ${level}, in hindsight`,
      outcome: mixed(inHindsight),
    },
  ];
  const label = onValidation === null ? 'in hindsight' : 'as chosen on validation';
  const chosen = onValidation ?? inHindsight;
  return [
    { name: `csr@${level}`, label: `router at ${level}, ${label}`, outcome: at(chosen) },
    { name: `mix@${level}`, label: `static mix at ${level}, ${label}`, outcome: mixed(chosen) },
    ...(onValidation === null ? [] : hindsight),
  ];
}
