import { estimateCost } from './cost/estimate-cost.ts';
import type { ModelCost } from './cost/model-cost.ts';
import type {
  Candidate,
  InputTokens,
  PredictionSource,
  RejectedDecision,
  RoutedDecision,
  Timings,
} from './decision.ts';
import type { ResolvedRouteOptions } from './options.ts';
import { choose } from './policy/choose.ts';
import type { Choice, PolicySpec } from './policy/policy.ts';

/** What is known of one prompt when a decision is due. */
export interface Prediction {
  /** Quality per model, in the router's model order. */
  readonly quality: Float32Array;
  /** What the cost head answers per model; null without one. */
  readonly costValues: Float32Array | null;
  readonly inputTokens: InputTokens;
  readonly source: PredictionSource;
}

/** A model the router can choose. */
export interface RoutableModel {
  readonly id: string;
  readonly cost: ModelCost;
}

/**
 * Turns predictions into a decision: constraints first, then the policy. Pure: same input, same decision.
 */
export function decide(
  models: readonly RoutableModel[],
  prediction: Prediction,
  options: ResolvedRouteOptions,
  timings: Timings,
): RoutedDecision | RejectedDecision {
  const size = {
    inputTokens: prediction.inputTokens.count,
    cachedInputTokens: options.cachedInputTokens,
  };
  const candidates = models.map((model, index): Candidate => {
    const headValue = prediction.costValues?.[index] ?? null;
    const { costUsd, costIntervalUsd, outputTokens } = estimateCost(model.cost, size, headValue);
    const quality = prediction.quality[index] ?? Number.NaN;
    const excluded = exclusion(model.id, costUsd, options);
    return { model: model.id, quality, costUsd, costIntervalUsd, outputTokens, excluded };
  });
  const { inputTokens, source } = prediction;
  const base = { candidates, policy: options.policy, inputTokens, source, timings };
  const eligible: number[] = []; // filled in place: by flatMap this line took three quarters of a decision's time
  candidates.forEach(({ excluded }, index) => {
    if (excluded === null) eligible.push(index);
  });
  if (eligible.length === 0) {
    return {
      kind: 'rejected',
      code: 'ERR_NO_CANDIDATE',
      reason: rejectionReason(candidates, options),
      ...base,
    };
  }
  const quality = candidates.map((candidate) => candidate.quality);
  const costUsd = candidates.map((candidate) => candidate.costUsd);
  const choice = choose(options.policy, { quality, costUsd, eligible });
  const chosen = candidates[choice.index];
  if (chosen === undefined)
    throw new RangeError(`policy chose index ${choice.index} of ${candidates.length}`);
  return {
    kind: 'routed',
    model: chosen.model,
    quality: chosen.quality,
    costUsd: chosen.costUsd,
    threshold: choice.threshold,
    reason: choiceReason(options.policy, chosen, choice, candidates),
    ...base,
  };
}

function exclusion(id: string, costUsd: number, options: ResolvedRouteOptions): Candidate['excluded'] {
  if (options.candidates !== null && !options.candidates.has(id)) return { kind: 'not-a-candidate' };
  if (costUsd > options.maxCostUsd) return { kind: 'over-max-cost', maxCostUsd: options.maxCostUsd };
  return null;
}

function rejectionReason(candidates: readonly Candidate[], options: ResolvedRouteOptions): string {
  const affordable = candidates.filter((candidate) => candidate.excluded?.kind !== 'not-a-candidate');
  const cheapest = Math.min(...affordable.map((candidate) => candidate.costUsd));
  return `no candidate model costs at most ${options.maxCostUsd} USD for this prompt; the cheapest is predicted at ${cheapest.toPrecision(3)} USD`;
}

function choiceReason(
  policy: PolicySpec,
  chosen: Candidate,
  choice: Choice,
  candidates: readonly Candidate[],
): string {
  const quality = chosen.quality.toFixed(3);
  if (policy.kind === 'utility') {
    return `highest predicted quality - ${Number(policy.costWeight.toPrecision(3))} x cost in USD: quality ${quality} at ${formatUsd(chosen.costUsd)}`;
  }
  const best = candidates.reduce((a, b) => (b.excluded === null && b.quality > a.quality ? b : a), chosen);
  return (
    `cheapest model with predicted quality >= ${(choice.threshold ?? 0).toFixed(3)} ` +
    `((1 - ${policy.tolerance}) x ${best.quality.toFixed(3)} of ${best.model}): ` +
    `quality ${quality} at ${formatUsd(chosen.costUsd)}`
  );
}

function formatUsd(usd: number): string {
  return `$${usd.toPrecision(3)}`;
}
