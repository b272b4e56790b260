import { describe, expect, it } from 'vitest';
import { replay } from '../lib/replay.ts';
import { Random } from './support/random.ts';
import { randomDecision } from './support/random-decision.ts';

const random = new Random(21);
const decisions = Array.from({ length: 2000 }, () => randomDecision(random));

describe('replay', () => {
  it('makes every recorded decision again, field by field', () => {
    for (const decision of decisions) expect(replay(decision)).toEqual(decision);
  });

  it('does so after JSON, which has no infinite numbers', () => {
    for (const decision of decisions) {
      const stored = JSON.parse(JSON.stringify(decision));
      expect(stored).toEqual(decision);
      expect(replay(stored)).toEqual(decision);
    }
  });

  it('has seen every rule, every kind of end and the infinite weight', () => {
    const rules = decisions.map((decision) => (decision.kind === 'routed' ? decision.rule : decision.kind));
    expect(new Set(rules)).toEqual(
      new Set([
        ...['tolerance', 'utility', 'preference', 'network', 'guarded'],
        ...['pin', 'dry-run', 'explore', 'rejected'],
      ]),
    );
    expect(JSON.stringify(decisions)).toContain('"costWeight":"Infinity"');
  });

  it('gives away a record that was changed', () => {
    const decision = decisions.find(({ kind }) => kind === 'routed');
    if (decision?.kind !== 'routed') throw new Error('no decision was routed');
    const other = decision.candidates.find(({ model }) => model !== decision.model)?.model ?? '';
    const changed = { ...decision, rule: decision.policy.kind, model: other };
    expect(replay(changed)).not.toEqual(changed);
  });
});
