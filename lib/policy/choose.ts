import { chooseGuarded } from './guarded.ts';
import { chooseByNetwork } from './network.ts';
import type { Choice, PolicyInput, PolicySpec, SettingPolicySpec } from './policy.ts';
import { chooseByPreference } from './preference.ts';
import { chooseByTolerance } from './tolerance.ts';
import { chooseByUtility } from './utility.ts';

/**
 * Applies the policy the caller asked for. null: the policy has no model to choose, which only `guarded` knows.
 * @param models ids by index, which `guarded` finds its anchor by
 */
export function choose(spec: SettingPolicySpec, input: PolicyInput): Choice;
export function choose(spec: PolicySpec, input: PolicyInput, models: readonly string[]): Choice | null;
export function choose(spec: PolicySpec, input: PolicyInput, models: readonly string[] = []): Choice | null {
  switch (spec.kind) {
    case 'tolerance':
      return chooseByTolerance(input, spec);
    case 'utility':
      return chooseByUtility(input, Number(spec.costWeight));
    case 'preference':
      return chooseByPreference(input, Number(spec.costWeight));
    case 'network':
      return chooseByNetwork(input, spec);
    case 'guarded':
      return chooseGuarded(input, spec, models.indexOf(spec.anchor));
  }
}
