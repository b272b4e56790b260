import type { Price } from '../cost/price.ts';
import type { SourcedPrice } from '../cost/price-catalogue.ts';
import { selectModels } from '../data/select-models.ts';
import type { Split } from '../data/split.ts';
import { sourcesOf, splitBySource } from '../data/split-by-source.ts';
import type { RoutingTable } from '../data/table.ts';
import { abortError, PointsmanError } from '../errors.ts';
import { evaluateLeftOut, type LeftOutInput, type LeftOutResult } from '../evaluate/left-out.ts';
import { evaluationInput } from './evaluation-input.ts';
import { fitContender } from './fit-contender.ts';
import { evaluationOptions, type HeldRouter, type HoldOptions } from './held-router.ts';

/**
 * How a router of this kind does on sources that it was not trained on: for every source of the data, trains one on the
 * other sources, with the router's estimator, seed, encoder, view and share of validation rows, and evaluates it on all
 * rows of that source. Settings are chosen on validation rows of the other sources.
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
  const { seed, fractions } = held.artifact.manifest.data;
  const validation = fractions.validation / (1 - fractions.test);
  for (const [index, source] of sources.entries()) {
    if (options.signal?.aborted) throw abortError('leave-source-out', options.signal);
    options.onProgress?.({ stage: 'leaving sources out', done: index, total: sources.length });
    const split = splitBySource(held.table, source, { seed, validation });
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
  split: Split,
  stage: string,
  { signal, onProgress }: HoldOptions,
): Promise<Pick<LeftOutInput, 'input' | 'validation'>> {
  const { embedded, prices, artifact } = held;
  const { table } = selectModels(held.table, modelsRunOn(held.table, split.train));
  const contender = await fitContender(
    { table, embedded, split, registry: providersOf(held) },
    sourcedPrices(prices),
    {
      estimator: artifact.estimator.kind,
      seed: artifact.manifest.data.seed,
      signal,
      onProgress: (progress) => onProgress?.({ ...progress, stage: `${stage}: ${progress.stage}` }),
    },
  );
  const inputOf = (rows: readonly number[]) =>
    evaluationInput(table, embedded, rows, contender, prices).input;
  return { input: inputOf(split.test), validation: inputOf(split.validation) };
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

/** Whose tokenisers models share, as far as the router's price sources tell. */
function providersOf({ artifact }: HeldRouter): ReadonlyMap<string, { readonly provider: string | null }> {
  return new Map(
    artifact.manifest.models.map(({ id, cost }) => {
      const source = cost.kind === 'per-token' ? cost.priceSource : undefined;
      return [id, { provider: source?.kind === 'genai-prices' ? source.provider : null }];
    }),
  );
}
