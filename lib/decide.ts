import type { ConformalIntervals } from './calibration/conformal.ts';
import { exclusionOf, type IndexedConstraints } from './constraints.ts';
import { estimateCost } from './cost/estimate-cost.ts';
import type { ModelCost } from './cost/model-cost.ts';
import type {
  Candidate,
  InputTokens,
  PredictionSource,
  RejectedDecision,
  RoutedDecision,
  Rule,
  Timings,
} from './decision.ts';
import { PointsmanError } from './errors.ts';
import { type Exploration, mixtureProbability, modelToTry } from './explore.ts';
import type { ModelFacts } from './model-facts.ts';
import { askNetwork, type NetworkRequest } from './policy/ask-network.ts';
import { choose } from './policy/choose.ts';
import { networkShares } from './policy/network.ts';
import type { Choice, PolicyInput, PolicySpec } from './policy/policy.ts';
import { choiceReason, explorationReason, overrideReason, rejectionReason } from './reason.ts';

/** What is known of one prompt when a decision is due. */
export interface Prediction {
  /** Quality per model, in the router's model order. */
  readonly quality: Float32Array;
  /** What the cost head answers per model; null without one. */
  readonly costValues: Float32Array | null;
  /** What the policy network sees of the prompt. @default null, which is without one */
  readonly policyValues?: Float32Array | null;
  /** What the heads were given, as bit patterns of float16, where feedback is stored. @default null */
  readonly features?: Uint16Array | null;
  readonly inputTokens: InputTokens;
  readonly source: PredictionSource;
}

/** A model the router can choose. */
export interface RoutableModel {
  readonly id: string;
  readonly cost: ModelCost;
  readonly facts?: ModelFacts;
}

/** A model that is used whatever the policy says, and but for one that is tried ('explore') whatever the constraints do. */
export interface Override {
  readonly rule: Extract<Rule, 'pin' | 'dry-run' | 'explore'>;
  readonly model: string;
}

/** By what to decide: the caller's options and the router's own, resolved. */
export interface DecisionRules {
  readonly policy: PolicySpec | NetworkRequest;
  readonly constraints: IndexedConstraints;
  readonly override: Override | null;
  /** Of the prompt's tokens, those that the provider has cached. */
  readonly cachedInputTokens: number;
  readonly intervals: ConformalIntervals | null;
  /** Without effect beside an override. */
  readonly explore: Exploration | null;
}

/** What tells one decision from another of the same prompt under the same rules. */
export interface DecisionMarks {
  readonly id: string;
  /** Uniform in [0, 1): what is explored follows from it. */
  readonly draw: number;
  readonly timings: Timings;
}

/**
 * Turns predictions into a decision: constraints first, then the policy. Pure: same input, same decision.
 */
export function decide(
  models: readonly RoutableModel[],
  prediction: Prediction,
  rules: DecisionRules,
  { id, draw, timings }: DecisionMarks,
): RoutedDecision | RejectedDecision {
  const { inputTokens, source } = prediction;
  const { constraints, intervals, override } = rules;
  const size = { inputTokens: inputTokens.count, cachedInputTokens: rules.cachedInputTokens };
  const candidates = models.map((model, index): Candidate => {
    const headValue = prediction.costValues?.[index] ?? null;
    const { costUsd, costIntervalUsd, outputTokens } = estimateCost(model.cost, size, headValue);
    const quality = prediction.quality[index] ?? Number.NaN;
    const interval = intervals === null ? null : intervals.intervalOf(index, quality);
    const excluded = exclusionOf(model, costUsd, inputTokens.count, constraints);
    return { model: model.id, quality, interval, costUsd, costIntervalUsd, outputTokens, excluded };
  });
  const policy = policyOn(candidates, prediction, rules);
  const explore = override === null ? rules.explore : null;
  const recorded = { id, candidates, policy, constraints: constraints.recorded, explore };
  return conclude(
    { ...recorded, inputTokens, source, timings },
    override ?? tried(candidates, explore, draw),
  );
}

/** A network is asked here, once constraints are settled: what it says is recorded, so that the rest needs no network. */
function policyOn(
  candidates: readonly Candidate[],
  { policyValues = null }: Prediction,
  { policy }: DecisionRules,
): PolicySpec {
  if (policy.kind !== 'network-request') return policy;
  if (policyValues === null) {
    throw new PointsmanError(
      'ERR_INTERNAL',
      'the policy network was asked of a prompt that its head did not see',
    );
  }
  return askNetwork(policy, inputOf(candidates), policyValues);
}

function tried(candidates: readonly Candidate[], explore: Exploration | null, draw: number): Override | null {
  if (explore === null) return null;
  const index = modelToTry(explore, inputOf(candidates).eligible, draw);
  return index === null ? null : { rule: 'explore', model: candidateAt(candidates, index).model };
}

type Grounds = Omit<RejectedDecision, 'kind' | 'code' | 'reason'>;

/** What follows from candidates whose constraints are settled. */
export function conclude(grounds: Grounds, override: Override | null): RoutedDecision | RejectedDecision {
  const { candidates, policy } = grounds;
  const choice = chooseAmong(candidates, policy);
  const chosen = choice === null ? null : candidateAt(candidates, choice.index);
  const threshold = choice?.threshold ?? null;
  // What is drawn may be what the policy chose, and where that has nothing to choose there is nothing to try.
  const isMoot = override?.rule === 'explore' && (chosen === null || chosen.model === override.model);
  if (override !== null && !isMoot) {
    const model = candidateAt(
      candidates,
      candidates.findIndex((candidate) => candidate.model === override.model),
    );
    const reason =
      override.rule === 'explore'
        ? explorationReason(grounds.explore ?? { rate: 0 }, model, chosen)
        : overrideReason(override.rule, model, chosen);
    return routed(grounds, { model, rule: override.rule, wouldRoute: chosen, threshold, reason });
  }
  if (choice === null || chosen === null) {
    const reason = rejectionReason(grounds);
    return { kind: 'rejected', code: 'ERR_NO_CANDIDATE', reason, ...grounds };
  }
  const reason = choiceReason(policy, chosen, choice, candidates);
  return routed(grounds, { model: chosen, rule: policy.kind, wouldRoute: chosen, threshold, reason });
}

/** The policy's choice among the candidates that no constraint excludes; null where there is none. */
export function chooseAmong(candidates: readonly Candidate[], policy: PolicySpec): Choice | null {
  const input = inputOf(candidates);
  if (input.eligible.length === 0) return null;
  const ids = policy.kind === 'guarded' ? candidates.map(({ model }) => model) : [];
  return choose(policy, input, ids);
}

function inputOf(candidates: readonly Candidate[]): PolicyInput {
  const eligible: number[] = []; // filled in place: by flatMap this line took three quarters of a decision's time
  candidates.forEach(({ excluded }, index) => {
    if (excluded === null) eligible.push(index);
  });
  const quality = candidates.map((candidate) => candidate.quality);
  const costUsd = candidates.map((candidate) => candidate.costUsd);
  return { quality, costUsd, eligible };
}

interface Outcome {
  readonly model: Candidate;
  readonly rule: Rule;
  readonly wouldRoute: Candidate | null;
  readonly threshold: number | null;
  readonly reason: string;
}

function routed(grounds: Grounds, { model, rule, wouldRoute, threshold, reason }: Outcome): RoutedDecision {
  return {
    kind: 'routed',
    model: model.model,
    rule,
    wouldRoute: wouldRoute?.model ?? null,
    probability: probabilityOf(grounds, model, wouldRoute, rule),
    quality: model.quality,
    costUsd: model.costUsd,
    threshold,
    reason,
    ...grounds,
  };
}

function probabilityOf(
  { explore, candidates, policy }: Grounds,
  used: Candidate,
  chosen: Candidate | null,
  rule: Rule,
): number {
  const isDrawn = policy.kind === 'network' && policy.draw !== null;
  if (rule === 'pin' || rule === 'dry-run' || (explore === null && !isDrawn)) return 1;
  const { eligible } = inputOf(candidates);
  const certain = used === chosen ? 1 : 0;
  const byPolicy = isDrawn
    ? (networkShares(policy, eligible)[eligible.indexOf(candidates.indexOf(used))] ?? 0)
    : certain;
  return mixtureProbability(byPolicy, explore, eligible.length);
}

function candidateAt(candidates: readonly Candidate[], index: number): Candidate {
  const candidate = candidates[index];
  if (candidate === undefined) throw new RangeError(`there is no candidate ${index} of ${candidates.length}`);
  return candidate;
}
