import type { NativeTokenCount } from '../../bindings/addon.ts';

/**
 * Tokens counted one by one before the tail of a prompt is extrapolated from its bytes. At some 20M tokens a second
 * the count takes well under a millisecond; a 10 MB prompt would otherwise hold its lane for a tenth of a second.
 */
export const exactTokenLimit = 8192;

/** Tokens of the whole text: exact where all of it was counted, else extrapolated by bytes per token. */
export function estimateTokens(counted: NativeTokenCount): {
  readonly tokens: number;
  readonly exact: boolean;
} {
  if (counted.bytesRead >= counted.bytes) return { tokens: counted.tokens, exact: true };
  return { tokens: Math.round((counted.tokens * counted.bytes) / counted.bytesRead), exact: false };
}
