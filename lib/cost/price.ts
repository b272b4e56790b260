import type { OwnPriceName } from './own-prices.ts';

/** List price of a model in USD per 1M tokens. What is left out has no price of its own. */
export interface Price {
  readonly inputPer1M: number;
  readonly outputPer1M: number;
  /** Of prompt tokens that the provider has cached. @default inputPer1M */
  readonly cachedInputPer1M?: number;
  /** Of tokens that a model thinks with before it answers. @default outputPer1M */
  readonly reasoningPer1M?: number;
  /** How many of them an answer takes on average, beside those of the answer itself. @default 0 */
  readonly reasoningTokensPerAnswer?: number;
  /** Prices of longer prompts, by rising length; a request is charged at one tier from its first token on. */
  readonly tiers?: readonly PriceTier[];
}

/** Charged, in place of the prices of the same names, for requests of more than so many input tokens. */
export interface PriceTier {
  readonly aboveInputTokens: number;
  readonly inputPer1M: number;
  readonly outputPer1M: number;
  readonly cachedInputPer1M?: number;
}

/** Where a price came from. */
export type PriceSource =
  | {
      /** Stated by the user: in models.json, or in the option `prices`. */
      readonly kind: 'user';
      /** What models.json says of it under `priceSource`. */
      readonly note?: string;
    }
  | {
      /** The price list that comes with the npm package `@pydantic/genai-prices`. */
      readonly kind: 'genai-prices';
      /** Of the package. */
      readonly version: string;
      /** The day whose prices these are, YYYY-MM-DD. */
      readonly asOf: string;
      readonly provider: string;
      readonly model: string;
      /** What the user states beside or in place of it. @default nothing */
      readonly own?: readonly OwnPriceName[];
    };

/** What a request sends, in the provider's tokens. */
export interface PromptUsage {
  readonly inputTokens: number;
  /** How many of them the provider has cached: no more than `inputTokens`. */
  readonly cachedInputTokens: number;
}

/** USD of a request and an answer of so many tokens; thinking is added as `reasoningTokensPerAnswer` says. */
export function usageCostUsd(price: Price, prompt: PromptUsage, outputTokens: number): number {
  const tier = tierOf(price, prompt.inputTokens);
  const { reasoningPer1M = tier.outputPer1M, reasoningTokensPerAnswer = 0 } = price;
  return (
    (promptPrice(tier, prompt) +
      outputTokens * tier.outputPer1M +
      reasoningTokensPerAnswer * reasoningPer1M) /
    1e6
  );
}

/**
 * USD of a request whose answer's length nothing is known of: the mean of the input and output price stands for both
 * directions, per input token. Of a token that the provider has cached, the input price is that of cached input.
 */
export function inputOnlyCostUsd(price: Price, prompt: PromptUsage): number {
  const tier = tierOf(price, prompt.inputTokens);
  return (promptPrice(tier, prompt) + prompt.inputTokens * tier.outputPer1M) / 2e6;
}

type TierPrices = Pick<Price, keyof PriceTier & keyof Price>;

/** Of all tokens of the prompt, in millionths of a USD. */
function promptPrice(tier: TierPrices, { inputTokens, cachedInputTokens }: PromptUsage): number {
  const { inputPer1M, cachedInputPer1M = inputPer1M } = tier;
  return (inputTokens - cachedInputTokens) * inputPer1M + cachedInputTokens * cachedInputPer1M;
}

function tierOf(price: Price, inputTokens: number): TierPrices {
  const { tiers } = price;
  return tiers?.findLast(({ aboveInputTokens }) => inputTokens > aboveInputTokens) ?? price;
}
