import type { Candidate, RoutedDecision } from './decision.ts';
import { describeExclusion } from './exclusion-text.ts';
import { type SettingRange, settingRanges } from './policy/breakpoints.ts';
import type { PolicySpec, SettingPolicySpec } from './policy/policy.ts';

/** A tolerance or a weight of cost, as JSON can hold it. */
export type SettingValue = number | 'Infinity';

/** 'preference': the weight of cost over that of quality. */
export type SettingName = 'tolerance' | 'costWeight' | 'preference';

/** Another setting, another choice. */
export interface SettingChange {
  /**
   * 'below': any setting below `at` (down to the next change) chooses `model`; 'above': `at` itself and any setting above
   * it (up to the next change) does.
   */
  readonly side: 'below' | 'above';
  readonly at: SettingValue;
  readonly model: string;
}

export interface ExplainedCandidate extends Candidate {
  /** Why it was chosen or not, in a few words. */
  readonly why: string;
}

export interface Explanation {
  readonly model: string;
  readonly rule: RoutedDecision['rule'];
  readonly wouldRoute: string | null;
  readonly reason: string;
  /** Best predicted quality first. */
  readonly candidates: readonly ExplainedCandidate[];
  /** The setting of the policy; null for `guarded`, whose threshold follows from evidence, and for `network`, which a record is without. */
  readonly setting: { readonly name: SettingName; readonly value: SettingValue } | null;
  /**
   * Where the policy's choice would be another one, in ascending order: exact borders, all there are between one end of the
   * setting and the other. Empty where the setting changes nothing.
   */
  readonly changes: readonly SettingChange[];
}

/**
 * Why a decision is as it is, and at which tolerance or cost weight it would be another. Pure: it needs only the decision,
 * which may have been through JSON.
 */
export function explain(decision: RoutedDecision): Explanation {
  const { model, rule, wouldRoute, reason, policy } = decision;
  const candidates = decision.candidates
    .toSorted((a, b) => b.quality - a.quality)
    .map((candidate): ExplainedCandidate => ({ ...candidate, why: whyOrWhyNot(candidate, decision) }));
  const isFixed = policy.kind === 'guarded' || policy.kind === 'network';
  const rest = isFixed ? { setting: null, changes: [] } : changesOf(decision, policy);
  return { model, rule, wouldRoute, reason, candidates, ...rest };
}

/** Why a candidate was chosen or not, in a few words. */
export function whyOrWhyNot(
  candidate: Candidate,
  { model, rule, wouldRoute, threshold, policy }: RoutedDecision,
): string {
  if (candidate.model === model && rule === 'pin') return 'pinned';
  if (candidate.model === model && rule === 'dry-run') return 'used: dry run';
  if (candidate.model === model && rule === 'explore') return 'tried at random';
  if (candidate.model === wouldRoute) return candidate.model === model ? 'chosen' : 'would be chosen';
  if (candidate.excluded !== null) return describeExclusion(candidate.excluded);
  if (threshold !== null && candidate.quality < threshold) return 'quality below threshold';
  return notChosenBy(policy);
}

function notChosenBy(policy: PolicySpec): string {
  if (policy.kind === 'utility' || policy.kind === 'preference') return 'lower utility';
  if (policy.kind === 'network') return policy.draw === null ? 'less probable' : 'not drawn';
  return policy.kind === 'guarded' && policy.threshold === null ? 'not vouched for' : 'dearer';
}

function changesOf(
  { candidates }: RoutedDecision,
  policy: SettingPolicySpec,
): Pick<Explanation, 'setting' | 'changes'> {
  const value = policy.kind === 'tolerance' ? policy.tolerance : Number(policy.costWeight);
  const name = policy.kind === 'utility' ? 'costWeight' : policy.kind;
  const setting = { name, value: storable(value) } as const;
  const eligible = candidates.flatMap(({ excluded }, index) => (excluded === null ? [index] : []));
  if (eligible.length === 0) return { setting, changes: [] };
  const quality = candidates.map((candidate) => candidate.quality);
  const costUsd = candidates.map((candidate) => candidate.costUsd);
  const ranges = settingRanges({ quality, costUsd, eligible }, policy);
  const idOf = ({ index }: SettingRange) => candidates[index]?.model ?? '';
  const changes = ranges.flatMap((range, place): SettingChange[] => {
    const next = ranges[place + 1];
    if (range.from > value) return [{ side: 'above', at: storable(range.from), model: idOf(range) }];
    if (next === undefined || next.from > value) return []; // the range the setting is in
    return [{ side: 'below', at: storable(next.from), model: idOf(range) }];
  });
  return { setting, changes };
}

function storable(setting: number): SettingValue {
  return setting === Number.POSITIVE_INFINITY ? 'Infinity' : setting;
}
