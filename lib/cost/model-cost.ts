import type { LogPrediction } from './log-prediction.ts';
import type { Price, PriceSource } from './price.ts';

/** How a request to a model is priced, as the artifact stores it. */
export type ModelCost = PerTokenCost | PerRequestCost;

/** By list price. */
export interface PerTokenCost extends Price {
  readonly kind: 'per-token';
  /**
   * Mean answer length in the training data. null where the data has no output counts: the mean of both prices
   * then stands for the request's price per input token.
   */
  readonly meanOutputTokens: number | null;
  /** From tokens of the encoder's tokeniser to the provider's. @default as many */
  readonly promptTokens?: PromptTokens;
  /** The answer's length by the prompt, from the router's cost head. @default meanOutputTokens for every prompt */
  readonly predictedOutput?: LogPrediction;
  /** Routers of earlier versions do not state it. */
  readonly priceSource?: PriceSource;
}

/** By what requests cost that were measured, for data that states costs but no prices. */
export interface PerRequestCost {
  readonly kind: 'per-request';
  /** Mean measured cost of one request in USD. */
  readonly meanUsd: number;
  /** Billionths of a USD by the prompt, from the router's cost head. @default meanUsd for every prompt */
  readonly predictedNanoUsd?: LogPrediction;
}

/** Tokens a provider counts: base + perToken * tokens of the encoder's tokeniser. */
export interface PromptTokens {
  /** What stands around every prompt, such as a system prompt. */
  readonly base: number;
  readonly perToken: number;
}
