import { exclusionOf, type IndexedConstraints } from './constraints.ts';
import { estimateCost } from './cost/estimate-cost.ts';
import type { RoutableModel } from './decide.ts';

/**
 * The model to answer with where nothing was predicted: the first in `preferred` that the request's own constraints
 * leave, which hold here as everywhere; null where there is none.
 * @param inputTokens estimate, since nothing was counted either
 */
export function chooseFallback(
  preferred: readonly string[],
  models: readonly RoutableModel[],
  inputTokens: number,
  constraints: IndexedConstraints,
  cachedInputTokens: number,
): string | null {
  const allowed = preferred.find((id) => {
    const model = models.find((known) => known.id === id);
    if (model === undefined) return false;
    const { costUsd } = estimateCost(model.cost, { inputTokens, cachedInputTokens }, null);
    return exclusionOf(model, costUsd, inputTokens, constraints) === null;
  });
  return allowed ?? null;
}
