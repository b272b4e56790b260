import { newDecisionId } from '../../lib/decision-marks.ts';
import type { DecisionRecord } from '../../lib/feedback/records.ts';

/** A decision between two models, as a store takes it. */
export function decisionRecord(edit: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    id: newDecisionId(),
    decidedAt: 1_700_000_000_000,
    router: 'a'.repeat(64),
    model: 'small',
    probability: 0.975,
    policy: { kind: 'utility', costWeight: 'Infinity' },
    features: Uint16Array.of(0x3c00, 0xbc00, 0x0001),
    quality: Float32Array.of(0.25, 0.75),
    costUsd: Float64Array.of(0.001, 0.02),
    atChoice: Uint8Array.of(1, 0),
    inputTokens: 12,
    prompt: null,
    ...edit,
  };
}
