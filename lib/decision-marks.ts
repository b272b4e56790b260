import { createHash, randomUUID } from 'node:crypto';

/**
 * A new id for a decision: a UUID of version 7 (RFC 9562), so that ids sort by the millisecond they were made in.
 * Some 0.4 us.
 */
export function newDecisionId(now = Date.now()): string {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** The first id that a decision made at `time` (milliseconds since 1970) or later can have. */
export function firstIdAt(time: number): string {
  const hex = Math.max(0, Math.floor(time)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

/** Uniform in [0, 1). With a seed it follows from that and the prompt alone, in whatever order prompts come. */
export function explorationDraw(seed: number | null, prompt: string): number {
  if (seed === null) return Math.random();
  const bytes = createHash('sha256').update(`${seed}\n${prompt}`).digest();
  return bytes.readUIntBE(0, 6) / 2 ** 48;
}
