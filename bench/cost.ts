/**
 * How well costs are predicted, and what that is worth to a router: the same predictions of quality (the mean of the
 * 100 nearest neighbours) under costs predicted in different ways, on test rows that nothing was fitted or chosen on.
 * usage: npx tsx bench/cost.ts <folder of data sets> [--sets a,b] [--seeds 3] [--json]
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultMaxTokens, defaultView, findEncoder } from '../lib/artifact/encoder-files.ts';
import { costValues } from '../lib/cost/cost-head.ts';
import { type CostEstimate, estimateCost } from '../lib/cost/estimate-cost.ts';
import type { PricedModel } from '../lib/cost/price-models.ts';
import { readModels } from '../lib/data/models.ts';
import { readRoutingData } from '../lib/data/read.ts';
import { splitRows } from '../lib/data/split.ts';
import { subsetTable } from '../lib/data/subset.ts';
import type { RoutingTable } from '../lib/data/table.ts';
import { predictAll } from '../lib/estimator/predict.ts';
import { estimatorFromState } from '../lib/estimator/registry.ts';
import { modelMeans } from '../lib/estimator/training-data.ts';
import { actualCosts } from '../lib/evaluate/costs.ts';
import { evaluate } from '../lib/evaluate/evaluate.ts';
import { renderTable } from '../lib/plain-table.ts';
import type { PromptEmbeddings } from '../lib/train/embed-prompts.ts';
import { embedTable, labelledRows } from '../lib/train/embed-table.ts';
import { holdOut } from '../lib/train/learning-rows.ts';
import { fitModelCosts } from '../lib/train/model-costs.ts';
import { requirePrices } from '../lib/train/model-prices.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sets: { type: 'string', default: 'mixed-2024,routerbench-subset,ulab-llmrouter,mmlu-pro,routellm' },
    seeds: { type: 'string', default: '3' },
    json: { type: 'boolean' },
  },
});
const folder = positionals[0];
if (folder === undefined) throw new Error('name the folder that holds the data sets');

/** Test figures of one way to predict costs; null where it does not predict them. */
interface Figures {
  readonly gapClosed: number | null;
  /** Mean |predicted - actual| over mean actual cost. */
  readonly costError: number;
  /** Mean predicted over mean actual cost, less 1. */
  readonly costBias: number;
  /** Mean |log1p predicted - log1p actual|, of answer tokens or, without prices, billionths of a USD. */
  readonly logError: number | null;
  /** Share of the variance within models of log1p that is explained. */
  readonly logR2: number | null;
  /** Share of actual amounts within the 80 % interval. */
  readonly coverage: number | null;
}

interface Result extends Figures {
  readonly set: string;
  readonly costs: string;
  readonly seed: number;
}

const encoder = await findEncoder(null, defaultMaxTokens);
const results: Result[] = [];
for (const set of values.sets.split(',')) {
  const table = await readRoutingData([join(folder, set, 'prompts.jsonl.gz')]);
  const embedded = await embedTable(table, {
    ...encoder,
    options: { ...encoder.options, view: defaultView },
  });
  for (let seed = 0; seed < Number(values.seeds); seed++) {
    const figures = await compare(join(folder, set), table, embedded, seed);
    for (const [costs, one] of Object.entries(figures)) results.push({ set, costs, seed, ...one });
    console.error(`${set} seed ${seed}: gapClosed ${percent(figures['by the prompt']?.gapClosed)}`);
  }
}
if (values.json) console.log(JSON.stringify(results, null, 2));
else console.log(renderTable(head(), summarise(), [2, 3, 4, 5, 6, 7]));

async function compare(
  path: string,
  table: RoutingTable,
  embedded: PromptEmbeddings,
  seed: number,
): Promise<Record<string, Figures>> {
  const split = splitRows(table.groups, { seed, train: 0.6, validation: 0.2, test: 0.2 });
  const registry = existsSync(join(path, 'models.json'))
    ? await readModels(join(path, 'models.json'))
    : new Map();
  const sourced = await requirePrices(subsetTable(table, split.train), registry);
  const { models, costHead } = fitModelCosts(
    { table, embedded, learning: holdOut(split), registry },
    sourced,
  );
  const prices = new Map([...sourced].map(([id, { price }]) => [id, price]));
  const actualOn = (rows: readonly number[]) =>
    actualCosts(
      subsetTable(table, rows),
      prices,
      rows.map((row) => embedded.inputTokens[row] ?? 0),
    ).costsUsd;

  const test = subsetTable(table, split.test);
  const { embeddings } = labelledRows(table, embedded, split.test);
  const inputTokens = split.test.map((row) => embedded.inputTokens[row] ?? 0);
  const values = costHead === null ? null : costValues(costHead, embeddings, inputTokens.length);
  const estimates = (predicting: boolean) =>
    inputTokens.flatMap((tokens, row) =>
      models.map(({ cost }, column) => {
        const value = predicting ? (values?.[row * models.length + column] ?? null) : null;
        return estimateCost(cost, { inputTokens: tokens }, value);
      }),
    );
  const actual = actualOn(split.test);
  const means = columnMeans(actualOn(split.train), models.length);
  const context: Context = { test, models, actual, quality: nearestNeighbours(table, embedded, split) };
  return {
    'actual (bound)': measure(context, [...actual].map(certain)),
    'one mean a model': measure(
      context,
      [...actual.keys()].map((cell) => certain(means[cell % models.length] ?? 0)),
    ),
    'mean answer': measure(context, estimates(false)),
    'by the prompt': measure(context, estimates(true)),
  };
}

interface Context {
  readonly test: RoutingTable;
  readonly models: readonly PricedModel[];
  /** [test rows, models] */
  readonly actual: Float64Array;
  readonly quality: Float32Array;
}

function certain(costUsd: number): CostEstimate {
  return { costUsd: Number.isNaN(costUsd) ? 0 : costUsd, costIntervalUsd: null, outputTokens: null };
}

/** Predicted quality of the test rows: [rows, models]. */
function nearestNeighbours(
  table: RoutingTable,
  embedded: PromptEmbeddings,
  split: { readonly train: readonly number[]; readonly test: readonly number[] },
): Float32Array {
  const training = labelledRows(table, embedded, split.train);
  const { rows, dimension, models, embeddings, scores } = training;
  const tensors = {
    keys: { shape: [rows, dimension], data: embeddings },
    scores: { shape: [rows, models.length], data: scores },
    prior: { shape: [models.length], data: modelMeans(training) },
  };
  const config = { k: 100, temperature: 0, priorWeight: 0 };
  const estimator = estimatorFromState({ kind: 'knn', config, tensors }, models, dimension);
  return predictAll(estimator, labelledRows(table, embedded, split.test).embeddings, split.test.length);
}

function measure(context: Context, estimates: readonly CostEstimate[]): Figures {
  const { test, actual, quality } = context;
  const { gapClosed } = evaluate(
    {
      models: test.models,
      scores: test.scores,
      costsUsd: actual,
      predictedQuality: quality,
      predictedCostUsd: estimates.map(({ costUsd }) => costUsd),
    },
    { resamples: 0 },
  );
  const known = [...actual.keys()].filter((cell) => !Number.isNaN(actual[cell]));
  const of = (cell: number) => [estimates[cell]?.costUsd ?? 0, actual[cell] ?? 0] as const;
  const total = sum(known.map((cell) => of(cell)[1]));
  return {
    gapClosed,
    costError: sum(known.map((cell) => Math.abs(of(cell)[0] - of(cell)[1]))) / total,
    costBias: sum(known.map((cell) => of(cell)[0])) / total - 1,
    ...amountErrors(context, estimates),
  };
}

/** Errors of what the head predicts, where it does. */
function amountErrors(
  { test, models, actual }: Context,
  estimates: readonly CostEstimate[],
): Pick<Figures, 'logError' | 'logR2' | 'coverage'> {
  const cells = estimates.flatMap((estimate, cell) => {
    const { outputTokens, costIntervalUsd, costUsd } = estimate;
    if (costIntervalUsd === null) return [];
    const [low, high] = costIntervalUsd.map((usd) => 1e9 * usd) as [number, number];
    const amount =
      outputTokens === null ? 1e9 * (actual[cell] ?? Number.NaN) : (test.outputTokens[cell] ?? Number.NaN);
    const predicted = outputTokens ?? { expected: 1e9 * costUsd, low, high };
    return Number.isNaN(amount) ? [] : [{ column: cell % models.length, amount, predicted }];
  });
  if (cells.length === 0) return { logError: null, logR2: null, coverage: null };
  const medians = cells.map(({ column, amount, predicted }) => ({
    column,
    log: Math.log1p(amount),
    z: Math.log1p(predicted.expected) - Math.log(meanFactor(models[column])),
  }));
  const means = models.map((_, model) =>
    mean(medians.flatMap(({ column, log }) => (column === model ? log : []))),
  );
  const residual = sum(medians.map(({ log, z }) => (log - z) ** 2));
  const spread = sum(medians.map(({ column, log }) => (log - (means[column] ?? 0)) ** 2));
  return {
    logError: mean(medians.map(({ log, z }) => Math.abs(log - z))),
    logR2: 1 - residual / spread,
    coverage: mean(
      cells.map(({ amount, predicted: { low, high } }) => (amount >= low && amount <= high ? 1 : 0)),
    ),
  };
}

/** What an expected amount is above the median that the head predicts. */
function meanFactor(model: PricedModel | undefined): number {
  if (model === undefined) return 1;
  const { cost } = model;
  const prediction = cost.kind === 'per-token' ? cost.predictedOutput : cost.predictedNanoUsd;
  return prediction?.mean ?? 1;
}

function columnMeans(cells: Float64Array, columns: number): number[] {
  return Array.from({ length: columns }, (_, column) =>
    mean([...cells].filter((value, cell) => cell % columns === column && !Number.isNaN(value))),
  );
}

function head(): string[] {
  return [
    'set',
    'costs',
    'gapClosed',
    'cost error',
    'bias of the mean',
    'log error',
    'log R2',
    'in 80 % interval',
  ];
}

/** One line a set and way: means over seeds. */
function summarise(): string[][] {
  const names = [...new Set(results.map(({ set, costs }) => `${set}\n${costs}`))];
  return names.map((name) => {
    const runs = results.filter(({ set, costs }) => name === `${set}\n${costs}`);
    const over = (figure: keyof Figures) => {
      const known = runs.flatMap((run) => run[figure] ?? []);
      return known.length === 0 ? null : mean(known);
    };
    return [
      ...name.split('\n'),
      percent(over('gapClosed')),
      percent(over('costError')),
      percent(over('costBias')),
      over('logError')?.toFixed(3) ?? '',
      over('logR2')?.toFixed(2) ?? '',
      percent(over('coverage')),
    ];
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? '' : `${(100 * share).toFixed(1)} %`;
}
