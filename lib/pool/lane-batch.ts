import type { InputTokens } from '../decision.ts';
import type { LaneOutput } from './messages.ts';

/** Tokens a lane is given at once where nobody waits for any one of them (embedding a data set). */
export const bulkBatchTokens = 4096;

/** Bytes of UTF-8 a token stands for: 4 in English; other scripts have more bytes a character and fewer a token. */
const bytesPerToken = 4;
/** [CLS] and [SEP]. */
const specialTokens = 2;

/** About how many tokens a lane will encode of a prompt. Reads no more of it than that. */
export function estimateEncodedTokens(prompt: string, maxTokens: number): number {
  const bytes = Buffer.byteLength(prompt.slice(0, maxTokens * bytesPerToken));
  return Math.min(maxTokens, specialTokens + Math.ceil(bytes / bytesPerToken));
}

/** One prompt's share of a batch. */
export interface LaneScore {
  readonly quality: Float32Array;
  /** Of the cost head, per model; null without one. */
  readonly costValues: Float32Array | null;
  /** Of the policy network's head; null without one. */
  readonly policyValues: Float32Array | null;
  /** What the heads were given, as bit patterns of float16; null where lanes were not asked to keep it. */
  readonly features: Uint16Array | null;
  readonly inputTokens: InputTokens;
  readonly laneMs: number;
}

/** Cuts a batch's output into one result per prompt. */
export function splitOutput(output: LaneOutput, count: number): LaneScore[] {
  const bounds = (length: number, index: number) =>
    [(index * length) / count, ((index + 1) * length) / count] as const;
  const part = (values: Float32Array, index: number) => values.subarray(...bounds(values.length, index));
  const partOf = (values: Float32Array | null, index: number) =>
    values === null ? null : part(values, index);
  const { features } = output;
  return Array.from({ length: count }, (_, index) => ({
    quality: part(output.values, index),
    costValues: partOf(output.costValues, index),
    policyValues: partOf(output.policyValues, index),
    features: features?.subarray(...bounds(features.length, index)) ?? null,
    inputTokens: {
      count: output.inputTokens[index] ?? 0,
      exact: output.exact[index] === 1,
      encoded: output.encodedTokens[index] ?? 0,
    },
    laneMs: output.laneMs,
  }));
}
