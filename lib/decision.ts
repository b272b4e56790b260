import type { QualityInterval } from './calibration/conformal.ts';
import type { Constraints, Exclusion } from './constraints.ts';
import type { PredictedAmount } from './cost/log-prediction.ts';
import type { ErrorCode } from './errors.ts';
import type { Exploration } from './explore.ts';
import type { PolicyKind, PolicySpec } from './policy/policy.ts';
import type { LaneDevice } from './pool/device.ts';

/** One model as the decision saw it. */
export interface Candidate {
  readonly model: string;
  /** Predicted quality of its answer to this prompt, in [0, 1]. */
  readonly quality: number;
  /**
   * Where the measured quality would lie with the router's nominal coverage (`intervalCoverage`); null for a router of an
   * earlier version, which has no calibration set.
   */
  readonly interval: QualityInterval | null;
  /** Expected cost of this request in USD. */
  readonly costUsd: number;
  /** 80 % interval of the cost; null where the router knows one mean cost or length for every prompt. */
  readonly costIntervalUsd: readonly [low: number, high: number] | null;
  /** Tokens of its answer: expected, and the 80 % interval; null where the router does not predict them by the prompt. */
  readonly outputTokens: PredictedAmount | null;
  /** null where the model was up for choice. */
  readonly excluded: Exclusion | null;
}

/** Milliseconds, and on what. */
export interface Timings extends LaneDevice {
  /** Waiting for a lane; 0 for an answer from the cache. */
  readonly queueMs: number;
  /** Tokenising, encoding and scoring in the lane, the whole batch this prompt was part of; 0 from the cache. */
  readonly laneMs: number;
  /** From the call to the decision. */
  readonly totalMs: number;
}

export interface InputTokens {
  /** Tokens of the whole prompt by the encoder's tokeniser. */
  readonly count: number;
  /** False where the prompt was too long to count and its tail was extrapolated from its bytes. */
  readonly exact: boolean;
  /** How many of them the encoder read (special tokens included): the rest lay past its token limit. */
  readonly encoded: number;
}

/**
 * 'lane': computed for this request; 'shared': for another one with the same prompt that was under way; 'cache': kept
 * from an earlier one (`cacheMb`).
 */
export type PredictionSource = 'lane' | 'shared' | 'cache';

/** What settled the model: the policy, or what overrules it. */
export type Rule = PolicyKind | 'pin' | 'dry-run' | 'explore';

/** A decision with `policy`, `constraints` and `candidates` is all that `replay` and `explain` need, also after JSON. */
interface DecisionBase {
  /** What `Router.feedback` knows the decision by: a UUID of version 7, which sorts by time. */
  readonly id: string;
  /** Every model of the router, in its order. */
  readonly candidates: readonly Candidate[];
  readonly policy: PolicySpec;
  readonly constraints: Constraints;
  /** The share of requests that try a model at random; null where all are left to the policy. */
  readonly explore: Exploration | null;
  readonly inputTokens: InputTokens;
  /** Where the prediction came from. */
  readonly source: PredictionSource;
  readonly timings: Timings;
}

/** A model was chosen by the policy, set by the route option `pin` or `dryRun`, or drawn to be tried (`explore`). */
export interface RoutedDecision extends DecisionBase {
  readonly kind: 'routed';
  /** The model to use. */
  readonly model: string;
  readonly rule: Rule;
  /**
   * What the policy chose: `model`, but for a pin, a dry run or a model that is tried; null where the first two overruled
   * constraints that left the policy nothing.
   */
  readonly wouldRoute: string | null;
  /** How probable it was, before any draw, that `model` would be used: 1 unless something was drawn. */
  readonly probability: number;
  readonly quality: number;
  readonly costUsd: number;
  /** Quality the policy wanted a model to reach; null where it has no threshold. */
  readonly threshold: number | null;
  /** One sentence that says which rule chose and by what numbers. */
  readonly reason: string;
}

/** No model is left under the caller's constraints: nothing was chosen. */
export interface RejectedDecision extends DecisionBase {
  readonly kind: 'rejected';
  readonly code: Extract<ErrorCode, 'ERR_NO_CANDIDATE'>;
  /** One sentence that says which constraints left nothing. */
  readonly reason: string;
}

/**
 * No prediction could be made. The model is that of `pin` or `dryRun`, else the router's `fallbackModel`, else the best one
 * the request allows.
 */
export interface FallbackDecision {
  readonly kind: 'fallback';
  readonly model: string;
  readonly cause: { readonly code: ErrorCode; readonly message: string };
  readonly timings: Pick<Timings, 'totalMs'>;
}

export type Decision = RoutedDecision | RejectedDecision | FallbackDecision;
