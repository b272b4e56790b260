import type { PoolMap } from '../estimator/identity-map.ts';
import type { Difference } from '../evaluate/compare.ts';
import type { Evaluation } from '../evaluate/evaluation.ts';
import type { LeftOutResult } from '../evaluate/left-out.ts';

export interface ReportRouter {
  readonly name: string;
  readonly evaluation: Evaluation;
  /** To the first router; null for the first itself and where there is one only. */
  readonly differences: Readonly<Record<string, Difference>> | null;
  readonly leftOut: LeftOutResult | null;
  /** Where its models stand to each other; null for an estimator without identities. */
  readonly poolMap: PoolMap | null;
  /** The kinds of prompt that it tells apart; null for an estimator without tasks. */
  readonly tasks: readonly ReportTask[] | null;
}

/** A latent task of a router. */
export interface ReportTask {
  /** Training prompts. */
  readonly rows: number;
  readonly keywords: readonly string[];
  /** All models, the best first. */
  readonly models: readonly {
    readonly model: string;
    readonly quality: number;
    readonly isCandidate: boolean;
    /** null where it is not known. */
    readonly costUsd: number | null;
  }[];
}

/** What a page shows: one router, or several on the same rows. */
export interface Report {
  readonly title: string;
  /** "pointsman 0.1.0, 2026-01-31". */
  readonly madeBy: string;
  /** Never empty. */
  readonly routers: readonly ReportRouter[];
  readonly notes: readonly string[];
}

/** Colours there are; more routers take them again. */
const kColours = 6;

/** Class that gives the router at `index` its colour. */
export function colourClass(index: number): string {
  return `router-${index % kColours}`;
}
