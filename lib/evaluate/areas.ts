import type { SweptPolicyKind } from '../policy/policy.ts';
import type { Contest } from './contest.ts';
import { concaveHull, meanHeight, type Point } from './hull.ts';
import { oracleFrontier } from './oracle-frontier.ts';
import { meanOutcome, type RowWeights } from './outcome.ts';
import { type MeanOfModel, rankSingles } from './singles.ts';

/** How a policy does over the whole range of costs. */
export interface PolicyArea {
  /** Mean height of its hull over the range. */
  readonly area: number;
  /** (area - zero router's) / (oracle's - zero router's): 0 is the best static mix, 1 the oracle; null where those two are level. */
  readonly gapClosed: number | null;
  /**
   * The same where only settings on the hull of the validation rows count, against the static mix chosen there; null
   * without validation rows.
   */
  readonly gapClosedAsChosen: number | null;
  /**
   * Bounded-ARQGC of IPR (arXiv 2509.06274): mean over the range of (quality - cheapest) / (best - cheapest), at most 1.
   * 0.5 is random mixing of the cheapest and the best model; null where the two have the same quality.
   */
  readonly boundedArqgc: number | null;
  /**
   * AIQ of RouterBench (arXiv 2403.12031): area under the hull from the cheapest to the dearest single model's mean cost, over
   * the dearest's; null where nothing costs anything.
   */
  readonly aiq: number | null;
}

export interface MeasuredPolicy extends PolicyArea {
  readonly hull: readonly Point[];
}

export interface Areas {
  readonly cheapest: MeanOfModel;
  readonly best: MeanOfModel;
  readonly dearest: MeanOfModel;
  /** The range of mean costs: from the cheapest to the best single model, or to the dearest where those are one. */
  readonly fromUsd: number;
  readonly toUsd: number;
  /** The best static mix in hindsight. */
  readonly zero: number;
  /** AIQ of the zero router. */
  readonly zeroAiq: number | null;
  /** Static mixes of the models that validation rows chose; null without those. */
  readonly staticAsChosen: number | null;
  readonly oracle: number;
  /** Of the router that predicts each source's mean scores; null where there is none. */
  readonly sourcePrior: Pick<PolicyArea, 'area' | 'gapClosed'> | null;
  readonly policies: Readonly<Record<SweptPolicyKind, MeasuredPolicy>>;
}

/**
 * The areas of the zero router, the oracle and each policy on the weighted rows.
 *
 * The zero router is the hull of the single models. A policy's hull is that of its swept settings and the cheapest
 * single model, which every caller can have without a router: so it starts no later than the range does. It gets no
 * such help at the dear end. Right of its last vertex every hull is flat.
 */
export function measureAreas(contest: Contest, weights: RowWeights): Areas {
  const ranked = rankSingles(contest.singles, weights);
  const { means, cheapest, best, dearest } = ranked;
  const fromUsd = cheapest.costUsd;
  const toUsd = best.model === cheapest.model ? dearest.costUsd : best.costUsd;
  const zeroHull = concaveHull(means);
  const chosen = contest.onValidation?.mixModels;
  const staticHull = means.filter(({ model }) => chosen?.includes(model) || model === cheapest.model);
  const ground = {
    ...{ cheapest, best, dearest, fromUsd, toUsd },
    zero: meanHeight(zeroHull, fromUsd, toUsd),
    zeroAiq: aiqOf(zeroHull, fromUsd, dearest.costUsd),
    staticAsChosen: chosen === undefined ? null : meanHeight(concaveHull(staticHull), fromUsd, toUsd),
    oracle: meanHeight(oracleFrontier(contest.oracleSteps, weights), fromUsd, toUsd),
  };
  const policies = {
    utility: measurePolicy(contest, 'utility', weights, ground),
    tolerance: measurePolicy(contest, 'tolerance', weights, ground),
  };
  return { ...ground, sourcePrior: measureSourcePrior(contest, weights, ground), policies };
}

type Ground = Omit<Areas, 'policies' | 'sourcePrior'>;

function measurePolicy(
  { swept, onValidation }: Contest,
  policy: SweptPolicyKind,
  weights: RowWeights,
  ground: Ground,
): MeasuredPolicy {
  const { cheapest, best, fromUsd, toUsd, zero, staticAsChosen } = ground;
  const points: Point[] = swept[policy].map(({ outcome }) => meanOutcome(outcome, weights));
  const hull = concaveHull([...points, cheapest]);
  const area = meanHeight(hull, fromUsd, toUsd);
  const rise = best.quality - cheapest.quality;
  const chosen = onValidation?.hullSettings[policy].flatMap((index) => points[index] ?? []);
  const areaAsChosen =
    chosen === undefined ? null : meanHeight(concaveHull([...chosen, cheapest]), fromUsd, toUsd);
  return {
    hull,
    area,
    gapClosed: shareOfGap(area, zero, ground),
    gapClosedAsChosen:
      areaAsChosen === null || staticAsChosen === null
        ? null
        : shareOfGap(areaAsChosen, staticAsChosen, ground),
    boundedArqgc:
      rise > 0 ? (meanHeight(hull, fromUsd, toUsd, best.quality) - cheapest.quality) / rise : null,
    aiq: aiqOf(hull, fromUsd, ground.dearest.costUsd),
  };
}

function measureSourcePrior(
  { sourcePrior }: Contest,
  weights: RowWeights,
  ground: Ground,
): Areas['sourcePrior'] {
  if (sourcePrior === null) return null;
  const points: Point[] = sourcePrior.map(({ outcome }) => meanOutcome(outcome, weights));
  const area = meanHeight(concaveHull([...points, ground.cheapest]), ground.fromUsd, ground.toUsd);
  return { area, gapClosed: shareOfGap(area, ground.zero, ground) };
}

/** How far up a height is on the way from another one to the oracle; null where those two are level. */
function shareOfGap(height: number, from: number, { oracle }: Ground): number | null {
  return oracle > from ? (height - from) / (oracle - from) : null;
}

function aiqOf(hull: readonly Point[], fromUsd: number, dearestUsd: number): number | null {
  if (dearestUsd <= 0) return null;
  return (meanHeight(hull, fromUsd, dearestUsd) * (dearestUsd - fromUsd)) / dearestUsd;
}
