import type { ErrorCode } from '../errors.ts';
import type { LaneDevice } from './device.ts';
import type { EncoderOptions } from './encoder-options.ts';

/** What a lane is told once, when its thread starts. Plain data: it crosses threads by structured clone. */
export interface LaneSetup {
  readonly encoder: EncoderOptions;
  /** Process-wide id of the head to score with; null: the lane answers what heads are given. */
  readonly headId: number | null;
  /** Of the head that predicts what answers will take. @default none */
  readonly costHeadId?: number | null;
  /** Of the head that answers what a policy network sees of a prompt. @default none */
  readonly policyHeadId?: number | null;
  /** Answer what heads are given too, in half precision. @default false */
  readonly keepFeatures?: boolean;
}

/** One batch. Texts are whole prompts: the lane truncates while it tokenises. */
export interface LaneTask {
  readonly texts: readonly string[];
}

export interface LaneOutput extends LaneDevice {
  /** [texts, models] with a head, else what heads are given: [texts, widths of the features in all]. */
  readonly values: Float32Array;
  /** [texts, models] of the cost head, in [0, 1]; null without one. */
  readonly costValues: Float32Array | null;
  /** [texts, width] of the policy network's head; null without one. */
  readonly policyValues: Float32Array | null;
  /** [texts, widths of the features in all] as bit patterns of float16; null where not asked for. */
  readonly features: Uint16Array | null;
  /** Tokens encoded per text, after truncation, special tokens included. */
  readonly encodedTokens: Int32Array;
  /** Tokens of the whole text, extrapolated where not exact. */
  readonly inputTokens: Float64Array;
  /** 1 where inputTokens was counted to the end of the text. */
  readonly exact: Uint8Array;
  readonly laneMs: number;
}

/** Structured clone drops the class and code of an error, so a lane answers one as data. */
export type LaneAnswer =
  | { readonly ok: true; readonly output: LaneOutput }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };
