import type { InputTokens } from '../decision.ts';
import type { LaneOutput } from './messages.ts';

/**
 * Bytes of text a lane is given at once: some 4,000 tokens, about a second of work on a slow core. Larger batches gain
 * no speed and make those behind them wait.
 */
export const maxBatchBytes = 16_384;

/** A token is seldom longer than this; bytes past it times the token limit are not encoded. */
const bytesPerToken = 4;

/** Size of a prompt in the batcher's units: what its lane will encode of it, in bytes. */
export function promptBytes(prompt: string, maxTokens: number): number {
  return Math.min(prompt.length, maxTokens * bytesPerToken);
}

/** One prompt's share of a batch. */
export interface LaneScore {
  readonly quality: Float32Array;
  readonly inputTokens: InputTokens;
  readonly laneMs: number;
}

/** Cuts a batch's output into one result per prompt. */
export function splitOutput(output: LaneOutput, count: number): LaneScore[] {
  const width = output.values.length / count;
  return Array.from({ length: count }, (_, index) => ({
    quality: output.values.subarray(index * width, (index + 1) * width),
    inputTokens: {
      count: output.inputTokens[index] ?? 0,
      exact: output.exact[index] === 1,
      encoded: output.encodedTokens[index] ?? 0,
    },
    laneMs: output.laneMs,
  }));
}
