import type { SweptPolicyKind } from '../policy/policy.ts';
import type { SingleModel } from './controls.ts';
import { concaveHull, meanHeight, type Point } from './hull.ts';
import { type OracleSteps, oracleFrontier } from './oracle-frontier.ts';
import { meanOutcome, type RowWeights } from './outcome.ts';
import type { SweptSetting } from './sweep.ts';

/** All that areas are made of, decided once per row; weights then pick the rows. */
export interface Contest {
  readonly singles: readonly SingleModel[];
  readonly oracle: OracleSteps;
  readonly swept: Readonly<Record<SweptPolicyKind, readonly SweptSetting[]>>;
}

export interface MeanOfModel extends Point {
  readonly model: string;
}

/** How a policy does over the whole range of costs. */
export interface PolicyArea {
  /** Mean height of its hull over the range. */
  readonly area: number;
  /** (area - zero router's) / (oracle's - zero router's): 0 is the best static mix, 1 the oracle; null where those two are level. */
  readonly gapClosed: number | null;
  /**
   * Bounded-ARQGC of IPR (arXiv 2509.06274): mean over the range of (quality - cheapest) / (best - cheapest), at most 1.
   * 0.5 is random mixing of the cheapest and the best model; null where the two have the same quality.
   */
  readonly boundedArqgc: number | null;
}

export interface Areas {
  readonly cheapest: MeanOfModel;
  readonly best: MeanOfModel;
  /** The range of mean costs: from the cheapest to the best single model, or to the dearest where those are one. */
  readonly fromUsd: number;
  readonly toUsd: number;
  readonly zero: number;
  readonly oracle: number;
  readonly policies: Readonly<Record<SweptPolicyKind, PolicyArea>>;
}

/**
 * The areas of the zero router, the oracle and each policy on the weighted rows.
 *
 * The zero router is the hull of the single models. A policy's hull is that of its swept settings and the cheapest
 * single model, which every caller can have without a router: so it starts no later than the range does. It gets no
 * such help at the dear end. Right of its last vertex every hull is flat.
 */
export function measureAreas(contest: Contest, weights: RowWeights): Areas {
  const { means: singles, cheapest, best, dearest } = rankSingles(contest.singles, weights);
  const fromUsd = cheapest.costUsd;
  const toUsd = best.model === cheapest.model ? dearest.costUsd : best.costUsd;
  const zero = meanHeight(concaveHull(singles), fromUsd, toUsd);
  const oracle = meanHeight(oracleFrontier(contest.oracle, weights), fromUsd, toUsd);
  const policyArea = (swept: readonly SweptSetting[]): PolicyArea => {
    const hull = concaveHull([...swept.map(({ outcome }) => meanOutcome(outcome, weights)), cheapest]);
    const area = meanHeight(hull, fromUsd, toUsd);
    const rise = best.quality - cheapest.quality;
    return {
      area,
      gapClosed: oracle > zero ? (area - zero) / (oracle - zero) : null,
      boundedArqgc:
        rise > 0 ? (meanHeight(hull, fromUsd, toUsd, best.quality) - cheapest.quality) / rise : null,
    };
  };
  const policies = {
    utility: policyArea(contest.swept.utility),
    tolerance: policyArea(contest.swept.tolerance),
  };
  return { cheapest, best, fromUsd, toUsd, zero, oracle, policies };
}

/** The single models on the weighted rows, with the ones that stand out. */
export function rankSingles(singles: readonly SingleModel[], weights: RowWeights) {
  const means = singles.map(({ model, outcome }) => ({ model, ...meanOutcome(outcome, weights) }));
  return {
    means,
    cheapest: first(means, (a, b) => a.costUsd - b.costUsd || b.quality - a.quality),
    best: first(means, (a, b) => b.quality - a.quality || a.costUsd - b.costUsd),
    dearest: first(means, (a, b) => b.costUsd - a.costUsd),
  };
}

/** The first in order of a list that is not empty; of equals the one that comes first in the list. */
function first(
  means: readonly MeanOfModel[],
  order: (a: MeanOfModel, b: MeanOfModel) => number,
): MeanOfModel {
  return means.reduce((found, next) => (order(next, found) < 0 ? next : found));
}
