import { estimateCost } from './cost/estimate-cost.ts';
import type { RoutableModel } from './decide.ts';
import type { ResolvedRouteOptions } from './options.ts';

/**
 * The model to answer with where nothing was predicted: the first in `preferred` that the request's own constraints
 * leave, which hold here as everywhere; null where there is none.
 * @param inputTokens estimate, since nothing was counted either
 */
export function chooseFallback(
  preferred: readonly string[],
  models: readonly RoutableModel[],
  inputTokens: number,
  {
    candidates,
    maxCostUsd,
    cachedInputTokens,
  }: Pick<ResolvedRouteOptions, 'candidates' | 'maxCostUsd' | 'cachedInputTokens'>,
): string | null {
  const allowed = preferred.find((id) => {
    const model = models.find((known) => known.id === id);
    if (model === undefined || candidates?.has(id) === false) return false;
    return estimateCost(model.cost, { inputTokens, cachedInputTokens }, null).costUsd <= maxCostUsd;
  });
  return allowed ?? null;
}
