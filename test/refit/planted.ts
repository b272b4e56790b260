import type { FeedbackRows } from '../../lib/refit/feedback-rows.ts';
import type { Random } from '../support/random.ts';

/** One planted decision. */
export interface Planted {
  readonly chosen: number;
  readonly score: number;
  readonly probability?: number;
  readonly features?: readonly number[];
}

/** Feedback of decisions between models of which all were up for choice. */
export function plantedFeedback(
  models: readonly string[],
  decisions: readonly Planted[],
  costs: readonly number[] = models.map((_, index) => 0.001 * (index + 1)),
): FeedbackRows {
  const rows = decisions.length;
  return {
    rows,
    models,
    features: Float32Array.from(decisions.flatMap(({ features = [] }) => features)),
    chosen: Int32Array.from(decisions, ({ chosen }) => chosen),
    scores: Float64Array.from(decisions, ({ score }) => score),
    probabilities: Float64Array.from(decisions, ({ probability = 1 }) => probability),
    atChoice: new Uint8Array(rows * models.length).fill(1),
    costUsd: Float64Array.from(
      { length: rows * models.length },
      (_, cell) => costs[cell % models.length] ?? 0,
    ),
    policies: new Array(rows).fill({ kind: 'utility', costWeight: 0 }),
    inputTokens: new Float64Array(rows).fill(20),
    decidedAt: Float64Array.from({ length: rows }, (_, row) => 1_700_000_000_000 + row),
  };
}

/** [rows, models], every row alike. */
export function alike(rows: number, quality: readonly number[]): Float32Array {
  return Float32Array.from(
    { length: rows * quality.length },
    (_, cell) => quality[cell % quality.length] ?? 0,
  );
}

/** Scores of 0 and 1 with the given chance. */
export function coin(random: Random, chance: number): number {
  return random.next() < chance ? 1 : 0;
}
