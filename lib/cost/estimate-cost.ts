import { type PredictedAmount, predictAmount } from './log-prediction.ts';
import type { ModelCost, PerRequestCost, PerTokenCost } from './model-cost.ts';
import { inputOnlyCostUsd, type PromptUsage, usageCostUsd } from './price.ts';

/** What is known of a request before it is sent. */
export interface RequestSize {
  /** Tokens of the whole prompt by the encoder's tokeniser. */
  readonly inputTokens: number;
  /** How many of the provider's tokens it has cached. @default 0 */
  readonly cachedInputTokens?: number;
}

/** What a request to one model is predicted to cost. */
export interface CostEstimate {
  /** Expected cost in USD. */
  readonly costUsd: number;
  /** 80 % interval, as far as the answer's length makes it; null where one mean stands for every prompt. */
  readonly costIntervalUsd: readonly [low: number, high: number] | null;
  /** Predicted tokens of the answer with their 80 % interval; null where they are not predicted by the prompt. */
  readonly outputTokens: PredictedAmount | null;
}

/**
 * Predicts the cost of one request to one model: the provider's input tokens and the predicted answer at their prices,
 * or, without prices, the predicted measured cost.
 * @param headValue of the router's cost head for the model; null where there is none: means stand in
 */
export function estimateCost(cost: ModelCost, size: RequestSize, headValue: number | null): CostEstimate {
  return cost.kind === 'per-token'
    ? estimateByToken(cost, size, headValue)
    : estimateByRequest(cost, size, headValue);
}

function estimateByToken(cost: PerTokenCost, size: RequestSize, headValue: number | null): CostEstimate {
  const prompt = promptUsage(cost, size);
  const { meanOutputTokens, predictedOutput } = cost;
  if (predictedOutput !== undefined && headValue !== null) {
    const outputTokens = predictAmount(predictedOutput, headValue, size.inputTokens);
    const { expected, low, high } = outputTokens;
    return {
      costUsd: usageCostUsd(cost, prompt, expected),
      costIntervalUsd: [usageCostUsd(cost, prompt, low), usageCostUsd(cost, prompt, high)],
      outputTokens,
    };
  }
  const costUsd =
    meanOutputTokens === null ? inputOnlyCostUsd(cost, prompt) : usageCostUsd(cost, prompt, meanOutputTokens);
  return { costUsd, costIntervalUsd: null, outputTokens: null };
}

function promptUsage({ promptTokens }: PerTokenCost, size: RequestSize): PromptUsage {
  const { inputTokens: counted, cachedInputTokens = 0 } = size;
  const inputTokens =
    promptTokens === undefined ? counted : promptTokens.base + promptTokens.perToken * counted;
  return { inputTokens, cachedInputTokens: Math.min(cachedInputTokens, inputTokens) };
}

function estimateByRequest(
  { meanUsd, predictedNanoUsd }: PerRequestCost,
  { inputTokens }: RequestSize,
  headValue: number | null,
): CostEstimate {
  if (predictedNanoUsd === undefined || headValue === null) {
    return { costUsd: meanUsd, costIntervalUsd: null, outputTokens: null };
  }
  const { expected, low, high } = predictAmount(predictedNanoUsd, headValue, inputTokens);
  // A prompt longer than any that was measured costs in proportion.
  const usd = Math.max(1, inputTokens / predictedNanoUsd.longestInput) / 1e9;
  return { costUsd: expected * usd, costIntervalUsd: [low * usd, high * usd], outputTokens: null };
}
