import type { PredictedAmount } from './cost/log-prediction.ts';
import type { ErrorCode } from './errors.ts';
import type { PolicySpec } from './policy/policy.ts';

/** Why a model was not up for choice. */
export type Exclusion =
  | { readonly kind: 'not-a-candidate' }
  | { readonly kind: 'over-max-cost'; readonly maxCostUsd: number };

/** One model as the decision saw it. */
export interface Candidate {
  readonly model: string;
  /** Predicted quality of its answer to this prompt, in [0, 1]. */
  readonly quality: number;
  /** Expected cost of this request in USD. */
  readonly costUsd: number;
  /** 80 % interval of the cost; null where the router knows one mean cost or length for every prompt. */
  readonly costIntervalUsd: readonly [low: number, high: number] | null;
  /** Tokens of its answer: expected, and the 80 % interval; null where the router does not predict them by the prompt. */
  readonly outputTokens: PredictedAmount | null;
  /** null where the model was up for choice. */
  readonly excluded: Exclusion | null;
}

/** Milliseconds. */
export interface Timings {
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

interface DecisionBase {
  /** Every model of the router, in its order. */
  readonly candidates: readonly Candidate[];
  readonly policy: PolicySpec;
  readonly inputTokens: InputTokens;
  /** Where the prediction came from. */
  readonly source: PredictionSource;
  readonly timings: Timings;
}

/** A model was chosen by the policy. */
export interface RoutedDecision extends DecisionBase {
  readonly kind: 'routed';
  readonly model: string;
  readonly quality: number;
  readonly costUsd: number;
  /** Quality a model had to reach; null where the policy has no threshold. */
  readonly threshold: number | null;
  /** One sentence that says which rule chose and by what numbers. */
  readonly reason: string;
}

/** No model is left under the caller's constraints: nothing was chosen. */
export interface RejectedDecision extends DecisionBase {
  readonly kind: 'rejected';
  readonly code: Extract<ErrorCode, 'ERR_NO_CANDIDATE'>;
  readonly reason: string;
}

/** No prediction could be made; the model is the router's `fallbackModel`, or the best one the request allows. */
export interface FallbackDecision {
  readonly kind: 'fallback';
  readonly model: string;
  readonly cause: { readonly code: ErrorCode; readonly message: string };
  readonly timings: Pick<Timings, 'totalMs'>;
}

export type Decision = RoutedDecision | RejectedDecision | FallbackDecision;
