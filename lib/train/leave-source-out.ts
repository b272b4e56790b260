import type { Price } from '../cost/price.ts';
import type { SourcedPrice } from '../cost/price-catalogue.ts';
import { selectModels } from '../data/select-models.ts';
import { type SourceSplit, sourcesOf, splitBySource } from '../data/split-by-source.ts';
import type { RoutingTable } from '../data/table.ts';
import { abortError, PointsmanError } from '../errors.ts';
import { evaluateLeftOut, type LeftOutInput, type LeftOutResult } from '../evaluate/left-out.ts';
import { evaluationInput, inputOfPredictions } from './evaluation-input.ts';
import { fitContender } from './fit-contender.ts';
import { evaluationOptions, type HeldRouter, type HoldOptions } from './held-router.ts';
import { crossFolds, defaultFolding, feasibleFolding } from './learning-rows.ts';
import type { CostData } from './model-costs.ts';

/**
 * How a router of this kind does on sources that it was not trained on: for every source of the data, trains one on the
 * other sources, with the router's estimator, seed, encoder, view and number of folds, and evaluates it on all rows of that
 * source. Settings are chosen on predictions of the other sources' rows by estimators not trained on them.
 * Rejects with ERR_INVALID_DATA where the data has one source only, with ERR_ABORTED, and as `trainRouter` does.
 */
export async function leaveSourceOut(held: HeldRouter, options: HoldOptions): Promise<LeftOutResult> {
  const sources = sourcesOf(held.table);
  if (sources.length < 2) {
    const message = `leave-source-out: expected rows of two or more sources, got ${sources.length} ("${sources[0]}")`;
    throw new PointsmanError('ERR_INVALID_DATA', message);
  }
  const { policy, resamples } = evaluationOptions(options, '');
  return evaluateLeftOut(held.artifact.estimator.kind, trainedWithout(sources, held, options), {
    ...(policy === undefined ? {} : { policy }),
    ...(resamples === undefined ? {} : { resamples }),
  });
}

async function* trainedWithout(
  sources: readonly string[],
  held: HeldRouter,
  options: HoldOptions,
): AsyncGenerator<LeftOutInput> {
  for (const [index, source] of sources.entries()) {
    if (options.signal?.aborted) throw abortError('leave-source-out', options.signal);
    options.onProgress?.({ stage: 'leaving sources out', done: index, total: sources.length });
    const split = splitBySource(held.table, source);
    const stage = `without ${source} (${index + 1} of ${sources.length})`;
    yield {
      source,
      trainingRows: split.train.length,
      ...(await trainAndPredict(held, split, stage, options)),
    };
  }
}

async function trainAndPredict(
  held: HeldRouter,
  split: SourceSplit,
  stage: string,
  { signal, onProgress }: HoldOptions,
): Promise<Pick<LeftOutInput, 'input' | 'validation'>> {
  const { embedded, prices, artifact } = held;
  const { table } = selectModels(held.table, modelsRunOn(held.table, split.train));
  const { seed, folds, heldFolds = folds } = artifact.manifest.data;
  const wanted =
    folds === undefined || heldFolds === undefined
      ? defaultFolding(split.train.length)
      : { folds, heldFolds };
  const learning = crossFolds(table, split.train, feasibleFolding(table, split.train, wanted), seed);
  const contender = await fitContender(
    { table, embedded, learning, registry: registryOf(held) },
    sourcedPrices(prices),
    {
      estimator: artifact.estimator.kind,
      seed,
      signal,
      onProgress: (progress) => onProgress?.({ ...progress, stage: `${stage}: ${progress.stage}` }),
    },
  );
  const measured = { table, embedded, prices };
  const { models, outOfFold } = contender;
  return {
    input: evaluationInput(measured, split.test, contender).input,
    validation: inputOfPredictions(measured, outOfFold.rows, models, outOfFold).input,
  };
}

/** A model that was run on the left-out source only cannot be learnt. */
function modelsRunOn({ models, scores }: RoutingTable, rows: readonly number[]): string[] {
  return models.filter((_, column) =>
    rows.some((row) => !Number.isNaN(scores[row * models.length + column])),
  );
}

/** List prices alone, without what the router learnt beside them. */
function sourcedPrices(prices: ReadonlyMap<string, Price>): ReadonlyMap<string, SourcedPrice> {
  return new Map(
    [...prices].map(([id, price]) => [id, { price: listPrice(price), source: { kind: 'user' } }]),
  );
}

function listPrice(known: Price): Price {
  const { inputPer1M, outputPer1M, cachedInputPer1M, reasoningPer1M, reasoningTokensPerAnswer, tiers } =
    known;
  return {
    ...{ inputPer1M, outputPer1M },
    ...(cachedInputPer1M === undefined ? {} : { cachedInputPer1M }),
    ...(reasoningPer1M === undefined ? {} : { reasoningPer1M }),
    ...(reasoningTokensPerAnswer === undefined ? {} : { reasoningTokensPerAnswer }),
    ...(tiers === undefined ? {} : { tiers }),
  };
}

/** Whose tokenisers models share, as far as the router's price sources tell, and the facts that it states. */
function registryOf({ artifact }: HeldRouter): CostData['registry'] {
  return new Map(
    artifact.manifest.models.map(({ id, cost, facts = {} }) => {
      const source = cost.kind === 'per-token' ? cost.priceSource : undefined;
      return [id, { provider: source?.kind === 'genai-prices' ? source.provider : null, facts }];
    }),
  );
}
