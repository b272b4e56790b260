import { describe, expect, it } from 'vitest';
import { chooseAmong } from '../lib/decide.ts';
import type { RoutedDecision } from '../lib/decision.ts';
import { explain } from '../lib/explain.ts';
import type { SettingPolicySpec } from '../lib/policy/policy.ts';
import { Random } from './support/random.ts';
import { randomDecision } from './support/random-decision.ts';

const random = new Random(31);
const routed = Array.from({ length: 600 }, () => randomDecision(random)).filter(
  (decision): decision is RoutedDecision => decision.kind === 'routed',
);

/** What the decision's policy would choose at another setting. */
function modelAt({ candidates, policy }: RoutedDecision, setting: number): string | null {
  if (policy.kind === 'guarded' || policy.kind === 'network') throw new Error('there is no setting');
  const spec: SettingPolicySpec =
    policy.kind === 'tolerance' ? { ...policy, tolerance: setting } : { ...policy, costWeight: setting };
  const choice = chooseAmong(candidates, spec);
  return choice === null ? null : (candidates[choice.index]?.model ?? null);
}

const settingsOf = ({ policy }: RoutedDecision) =>
  policy.kind === 'tolerance'
    ? Array.from({ length: 501 }, (_, step) => step / 500)
    : [0, ...Array.from({ length: 500 }, (_, step) => 10 ** (step / 50 - 3)), Number.POSITIVE_INFINITY];

describe('explain', () => {
  it('names every setting at which the choice would change, and none other', () => {
    for (const decision of routed.filter(
      ({ policy }) => policy.kind !== 'guarded' && policy.kind !== 'network',
    )) {
      const { setting, changes } = explain(JSON.parse(JSON.stringify(decision)));
      const used = Number(setting?.value);
      const explainedAt = (value: number) => {
        const below = changes.find(({ side, at }) => side === 'below' && value < Number(at));
        const above = changes.findLast(({ side, at }) => side === 'above' && value >= Number(at));
        return (value < used ? below : above)?.model ?? decision.wouldRoute;
      };
      const settings = [...settingsOf(decision), used, ...changes.map(({ at }) => Number(at))];
      const wrong = settings.filter((value) => explainedAt(value) !== modelAt(decision, value));
      expect(wrong).toEqual([]);
      expect(changes.map(({ at }) => Number(at))).toEqual(
        changes.map(({ at }) => Number(at)).toSorted((a, b) => a - b),
      );
    }
  });

  it('shows every candidate, best prediction first, with a reason for each', () => {
    for (const decision of routed) {
      const { candidates, model, rule, wouldRoute, reason } = explain(decision);
      expect({ model, rule, wouldRoute, reason }).toEqual({
        model: decision.model,
        rule: decision.rule,
        wouldRoute: decision.wouldRoute,
        reason: decision.reason,
      });
      expect(candidates.map(({ quality }) => quality)).toEqual(
        decision.candidates.map(({ quality }) => quality).toSorted((a, b) => b - a),
      );
      for (const candidate of candidates) {
        const isUsed = candidate.model === model;
        expect(isUsed).toBe(['chosen', 'pinned', 'used: dry run', 'tried at random'].includes(candidate.why));
      }
    }
  });

  it('knows no setting of the guard, whose threshold follows from evidence', () => {
    const guarded = routed.find(({ policy }) => policy.kind === 'guarded');
    if (guarded === undefined) throw new Error('no decision was guarded');
    expect(explain(guarded)).toMatchObject({ setting: null, changes: [] });
  });
});
