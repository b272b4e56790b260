import { type CostHead, costValues } from '../cost/cost-head.ts';
import { predictCostsUsd } from '../cost/predict-costs.ts';
import type { PricedModel } from '../cost/price-models.ts';
import type { QualityEstimator } from '../estimator/estimator.ts';
import { predictAll } from '../estimator/predict.ts';
import { choose } from '../policy/choose.ts';
import type { SweptPolicySpec } from '../policy/policy.ts';
import type { PromptEmbeddings } from './embed-prompts.ts';

/** What decisions follow from. */
interface Decider {
  readonly estimator: QualityEstimator;
  readonly models: readonly PricedModel[];
  readonly costHead: CostHead | null;
}

/** Settings of both policies, from the best model to the cheapest. */
const policies: readonly SweptPolicySpec[] = [
  ...[0, 0.02, 0.05, 0.1, 0.2, 0.5, 1].map((tolerance) => ({ kind: 'tolerance', tolerance }) as const),
  ...[0, 1, 10, 100, 1000, 10_000].map((costWeight) => ({ kind: 'utility', costWeight }) as const),
];

/**
 * On how many prompts a larger router decides otherwise among the models of the old one than the old one does, under any of
 * the policies' settings.
 */
export function countChangedDecisions(
  old: {
    readonly estimator: QualityEstimator;
    readonly manifest: { readonly models: readonly PricedModel[] };
    readonly costHead: CostHead | null;
  },
  added: {
    readonly fitted: { readonly estimator: QualityEstimator };
    readonly model: PricedModel;
    readonly costHead: CostHead | null;
  },
  embedded: PromptEmbeddings,
): number {
  const oldModels = old.manifest.models;
  const before = decisionsOf(
    { estimator: old.estimator, models: oldModels, costHead: old.costHead },
    embedded,
    oldModels.length,
  );
  const models = [...oldModels, added.model];
  const after = decisionsOf(
    { estimator: added.fitted.estimator, models, costHead: added.costHead },
    embedded,
    oldModels.length,
  );
  return before.filter((choices, row) => choices !== after[row]).length;
}

/** One text a prompt: what each setting chooses among the first `count` models. */
function decisionsOf(
  { estimator, models, costHead }: Decider,
  embedded: PromptEmbeddings,
  count: number,
): string[] {
  const rows = embedded.inputTokens.length;
  const quality = predictAll(estimator, embedded.embeddings, rows);
  const values = costHead === null ? null : costValues(costHead, embedded.embeddings, rows);
  const costs = predictCostsUsd(models, values, [...embedded.inputTokens]);
  const eligible = Array.from({ length: count }, (_, column) => column);
  return Array.from({ length: rows }, (_, row) => {
    const [start, end] = [row * models.length, (row + 1) * models.length];
    const input = { quality: quality.subarray(start, end), costUsd: costs.subarray(start, end), eligible };
    return policies.map((policy) => choose(policy, input).index).join();
  });
}
