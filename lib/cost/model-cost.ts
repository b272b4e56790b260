/** How a request to a model is priced, as the artifact stores it. */
export type ModelCost =
  | {
      readonly kind: 'per-token';
      /** USD per 1M prompt tokens. */
      readonly inputPer1M: number;
      /** USD per 1M answer tokens. */
      readonly outputPer1M: number;
      /**
       * Mean answer length in the training data. null where the data has no output counts: the mean of both prices
       * then stands for the request's price per input token.
       */
      readonly meanOutputTokens: number | null;
    }
  | {
      readonly kind: 'per-request';
      /** Mean measured cost of one request in USD, for data that states costs but no prices. */
      readonly meanUsd: number;
    };

/** Predicted cost in USD of sending a prompt of `inputTokens` tokens to a model. */
export function costOfRequestUsd(cost: ModelCost, inputTokens: number): number {
  if (cost.kind === 'per-request') return cost.meanUsd;
  if (cost.meanOutputTokens === null) return (inputTokens * (cost.inputPer1M + cost.outputPer1M)) / 2e6;
  return (inputTokens * cost.inputPer1M + cost.meanOutputTokens * cost.outputPer1M) / 1e6;
}
