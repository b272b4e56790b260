import type { Choice, PolicyInput, PolicySpec } from './policy.ts';
import { chooseByTolerance } from './tolerance.ts';
import { chooseByUtility } from './utility.ts';

/** Applies the policy the caller asked for. */
export function choose(spec: PolicySpec, input: PolicyInput): Choice {
  switch (spec.kind) {
    case 'tolerance':
      return chooseByTolerance(input, spec.tolerance);
    case 'utility':
      return chooseByUtility(input, spec.costWeight);
  }
}
