import type { SourcedPrice } from '../cost/price-catalogue.ts';
import type { EstimatorKind } from '../estimator/estimator.ts';
import { estimatorFactory } from '../estimator/registry.ts';
import { type JobProgress, labelledRows } from './embed-table.ts';
import type { Contender } from './evaluation-input.ts';
import { type CostData, fitModelCosts } from './model-costs.ts';

export interface FitOptions {
  readonly estimator: EstimatorKind;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
}

/**
 * Trains what predicts quality and costs on the split's training rows, with settings chosen on its validation rows.
 * @param prices of `requirePrices`
 */
export async function fitContender(
  data: CostData,
  prices: ReadonlyMap<string, SourcedPrice>,
  { estimator: kind, seed, signal, onProgress }: FitOptions,
): Promise<Contender> {
  const { table, embedded, split } = data;
  const estimator = await estimatorFactory(kind).train(
    labelledRows(table, embedded, split.train),
    labelledRows(table, embedded, split.validation),
    {
      seed,
      ...(signal === undefined ? {} : { signal }),
      onProgress: ({ done, total, detail }) => onProgress?.({ stage: `training, ${detail}`, done, total }),
    },
  );
  return { estimator, ...fitModelCosts(data, prices) };
}
