import type { Candidate, RejectedDecision, RoutedDecision, Rule } from './decision.ts';
import { describeExclusion } from './exclusion-text.ts';
import type { Exploration } from './explore.ts';
import { networkShares } from './policy/network.ts';
import type { Choice, GuardedPolicy, NetworkPolicy, PolicySpec, TolerancePolicy } from './policy/policy.ts';

/** One sentence: which rule chose and by what numbers. */
export function choiceReason(
  policy: PolicySpec,
  chosen: Candidate,
  choice: Choice,
  candidates: readonly Candidate[],
): string {
  const outcome = `quality ${chosen.quality.toFixed(3)} at ${formatUsd(chosen.costUsd)}`;
  switch (policy.kind) {
    case 'utility':
      return `highest predicted quality - ${Number(Number(policy.costWeight).toPrecision(3))} x cost in USD: ${outcome}`;
    case 'preference':
      return `highest predicted quality by the best - ${Number(Number(policy.costWeight).toPrecision(3))} x cost by the dearest: ${outcome}`;
    case 'network':
      return `${networkReason(policy, choice, candidates)}: ${outcome}`;
    case 'guarded':
      return `${guardReason(policy, chosen, choice, candidates)}: ${outcome}`;
    case 'tolerance': {
      const formula = thresholdFormula(policy, chosen, candidates);
      return `cheapest model with predicted quality >= ${(choice.threshold ?? 0).toFixed(3)} (${formula}): ${outcome}`;
    }
  }
}

function networkReason(
  { costWeight, logits, draw }: NetworkPolicy,
  { index }: Choice,
  candidates: readonly Candidate[],
): string {
  const preference = `cost counting ${Number(costWeight.toPrecision(3))} beside quality 1`;
  const eligible = candidates.flatMap(({ excluded }, at) => (excluded === null ? [at] : []));
  const share = (networkShares({ logits }, eligible)[eligible.indexOf(index)] ?? Number.NaN).toPrecision(3);
  return draw === null
    ? `most probable by the policy network (${share}), ${preference}`
    : `drawn by the policy network with probability ${share}, ${preference}`;
}

function thresholdFormula(
  policy: TolerancePolicy,
  chosen: Candidate,
  candidates: readonly Candidate[],
): string {
  const eligible = candidates.filter(({ excluded }) => excluded === null);
  const best = eligible.reduce((a, b) => (b.quality > a.quality ? b : a), chosen);
  const { tolerance, safetyMargin = 0 } = policy;
  const less = safetyMargin > 0 ? ` - ${safetyMargin}` : '';
  const bestPredicted = `${best.quality.toFixed(3)} of ${best.model}`;
  switch (policy.strategy) {
    case 'dynamic-minmax': {
      const worst = Math.min(...eligible.map(({ quality }) => quality));
      return `${bestPredicted} - ${tolerance} x (${best.quality.toFixed(3)} - ${worst.toFixed(3)})${less}`;
    }
    case 'static-max':
      return `(1 - ${tolerance}) x ${policy.range.max.toFixed(3)} of the calibration set${less}, or ${bestPredicted} if lower`;
    case 'static-minmax': {
      const [max, min] = [policy.range.max.toFixed(3), policy.range.min.toFixed(3)];
      return `${max} - ${tolerance} x (${max} - ${min}) of the calibration set${less}, or ${bestPredicted} if lower`;
    }
    default:
      return `(1 - ${tolerance}) x ${bestPredicted}${less}`;
  }
}

function guardReason(
  policy: GuardedPolicy,
  chosen: Candidate,
  { threshold }: Choice,
  candidates: readonly Candidate[],
): string {
  const { anchor, maxLoss, confidence } = policy;
  const promise = `a mean loss of at most ${maxLoss} at confidence ${confidence}`;
  if (threshold === null || policy.threshold === null)
    return `anchor ${anchor}: the calibration set vouches for leaving it nowhere, with ${promise}`;
  const anchorQuality = candidates.find(({ model }) => model === anchor)?.quality ?? Number.NaN;
  const sign = policy.threshold < 0 ? '-' : '+';
  const needed = `predicted quality >= ${threshold.toFixed(3)} (${anchorQuality.toFixed(3)} of ${anchor} ${sign} ${Math.abs(policy.threshold)})`;
  return chosen.model === anchor
    ? `anchor ${anchor}: no cheaper model with ${needed}, which ${promise} needs`
    : `cheapest model with ${needed}, which has ${promise}`;
}

/** Why another than the policy's model is used, and what it costs in constraints. */
export function overrideReason(
  rule: Extract<Rule, 'pin' | 'dry-run'>,
  used: Candidate,
  chosen: Candidate | null,
): string {
  const why = rule === 'pin' ? 'pinned by the caller' : 'dry run: the model that answers without a router';
  const violated =
    used.excluded === null ? '' : `, against a constraint (${describeExclusion(used.excluded)})`;
  const instead = chosen === null ? 'has no model left to choose' : `would choose ${chosen.model}`;
  return `${why}${violated}; the policy ${instead}`;
}

/** Why a model that the policy did not choose is tried. */
export function explorationReason({ rate }: Exploration, used: Candidate, chosen: Candidate | null): string {
  const instead = chosen === null ? 'has no model left to choose' : `would choose ${chosen.model}`;
  return `tried at random, as ${rate} of the requests are, whatever is predicted (quality ${used.quality.toFixed(3)} at ${formatUsd(used.costUsd)}); the policy ${instead}`;
}

/** One sentence: which constraints left nothing. */
export function rejectionReason({
  candidates,
  policy,
}: Pick<RejectedDecision | RoutedDecision, 'candidates' | 'policy'>): string {
  if (policy.kind === 'guarded' && candidates.some(({ excluded }) => excluded === null)) {
    const anchor = candidates.find(({ model }) => model === policy.anchor)?.excluded ?? null;
    const why = anchor === null ? 'unknown' : describeExclusion(anchor);
    return `the anchor ${policy.anchor} is excluded (${why}) and no model that is left clears the guard's threshold`;
  }
  const considered = candidates.filter(({ excluded }) => excluded?.kind !== 'not-a-candidate');
  const limit = considered[0]?.excluded;
  if (limit?.kind === 'over-max-cost' && considered.every(({ excluded }) => excluded?.kind === limit.kind)) {
    const cheapest = Math.min(...considered.map(({ costUsd }) => costUsd));
    return `no candidate model costs at most ${limit.maxCostUsd} USD for this prompt; the cheapest is predicted at ${cheapest.toPrecision(3)} USD`;
  }
  const listed = considered.map(
    ({ model, excluded }) => `${model} ${excluded ? describeExclusion(excluded) : ''}`,
  );
  const shown = listed.slice(0, kShownExclusions).join('; ');
  const more = listed.length > kShownExclusions ? `; and ${listed.length - kShownExclusions} more` : '';
  return `no candidate model meets the constraints: ${shown}${more}`;
}

/** Enough to see which constraint it is; all are in the decision's candidates. */
const kShownExclusions = 5;

function formatUsd(usd: number): string {
  return `$${usd.toPrecision(3)}`;
}
