import { costExclusion, type IndexedConstraints, indexConstraints, listExclusion } from './constraints.ts';
import { conclude, type Override } from './decide.ts';
import type { Candidate, RejectedDecision, RoutedDecision } from './decision.ts';

/**
 * Makes a decision again from what it recorded: predictions, costs, constraints and policy. Equal in every field to the
 * decision itself, also after it went through JSON; where it is not, the record was changed or another version made it.
 * Pure. A model that was drawn is taken as it is, as is what models can do, which is not part of the record: exclusions for
 * it stand; lists and cost are applied anew.
 */
export function replay(decision: RoutedDecision | RejectedDecision): RoutedDecision | RejectedDecision {
  const { id, policy, constraints, explore, inputTokens, source, timings } = decision;
  const indexed = indexConstraints(constraints);
  const candidates = decision.candidates.map(
    (candidate): Candidate => ({ ...candidate, excluded: exclusionAgain(candidate, indexed) }),
  );
  const recorded = { id, candidates, policy, constraints, explore, inputTokens, source, timings };
  return conclude(recorded, overrideOf(decision));
}

function exclusionAgain({ model, costUsd, excluded }: Candidate, constraints: IndexedConstraints) {
  switch (excluded?.kind) {
    case undefined:
    case 'not-a-candidate':
    case 'excluded':
    case 'over-max-cost':
      return listExclusion(model, constraints) ?? costExclusion(costUsd, constraints);
    default:
      return excluded ?? null;
  }
}

function overrideOf(decision: RoutedDecision | RejectedDecision): Override | null {
  if (decision.kind !== 'routed') return null;
  const { rule, model } = decision;
  return rule === 'pin' || rule === 'dry-run' || rule === 'explore' ? { rule, model } : null;
}
