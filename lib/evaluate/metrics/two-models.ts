import type { Metric } from '../metric.ts';
import { duelOf, lengthScores, measureRanking, rankByScore } from '../two-models.ts';

/**
 * RouteLLM's APGR and CPT for tables of two models, beside the control that routes by prompt length alone: a claim on such
 * a table must beat it. Which model is the strong one, and whether long or short prompts go to it, was chosen on validation
 * rows where there are any.
 */
export const twoModelMetric: Metric = ({ cells, singles, onValidation, inHindsight }) => {
  const chosen = onValidation ?? inHindsight;
  const duel = duelOf(cells, singles, chosen.best);
  if (duel === null) return null;
  const router = rankByScore(duel.predictedGains);
  const byLength =
    duel.lengths === null ? null : rankByScore(lengthScores(duel.lengths, chosen.longNeedStrong ?? true));
  const length = `prompt length alone (${chosen.longNeedStrong === false ? 'short' : 'long'} to ${duel.strong})`;
  return {
    figures: [
      { name: 'apgr', label: 'APGR', unit: 'quality', better: 'higher' },
      { name: 'apgrOfLength', label: `APGR of ${length}`, unit: 'quality', better: 'higher' },
      { name: 'apgrOverLength', label: 'APGR over that of length', unit: 'quality', better: 'higher' },
      { name: 'cpt50', label: 'CPT(50 %)', unit: 'share', better: 'lower' },
      { name: 'cpt80', label: 'CPT(80 %)', unit: 'share', better: 'lower' },
    ],
    measure: ({ weights }) => {
      const { apgr, cpt50, cpt80 } = measureRanking(duel, router, weights);
      const ofLength = byLength === null ? null : measureRanking(duel, byLength, weights).apgr;
      return [apgr, ofLength, apgr === null || ofLength === null ? null : apgr - ofLength, cpt50, cpt80];
    },
  };
};
