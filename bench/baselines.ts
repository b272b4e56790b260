/**
 * The field's baselines beside knn: every estimator and two controls on the same splits, with costs predicted the same way,
 * on test rows that neither training nor any choice has seen. Differences to knn are paired: of the same seed, and so split.
 * usage: npx tsx bench/baselines.ts <folder of data sets> [--sets a,b] [--kinds kmeans,mf] [--seeds 3] [--json]
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultMaxTokens, defaultView, findEncoder } from '../lib/artifact/encoder-files.ts';
import type { Price } from '../lib/cost/price.ts';
import { readModels } from '../lib/data/models.ts';
import { readRoutingData } from '../lib/data/read.ts';
import { type Split, splitRows } from '../lib/data/split.ts';
import { subsetTable } from '../lib/data/subset.ts';
import type { RoutingTable } from '../lib/data/table.ts';
import type { LabelledEmbeddings } from '../lib/estimator/estimator.ts';
import { estimatorFactory, estimatorKinds } from '../lib/estimator/registry.ts';
import { routingError } from '../lib/estimator/routing-error.ts';
import { evaluate } from '../lib/evaluate/evaluate.ts';
import type { EvaluationInput } from '../lib/evaluate/input.ts';
import { predictBySource } from '../lib/evaluate/source-prior.ts';
import { renderTable } from '../lib/plain-table.ts';
import type { PromptEmbeddings } from '../lib/train/embed-prompts.ts';
import { embedTable, labelledRows } from '../lib/train/embed-table.ts';
import { evaluationInput } from '../lib/train/evaluation-input.ts';
import { holdOut } from '../lib/train/learning-rows.ts';
import { fitModelCosts } from '../lib/train/model-costs.ts';
import { requirePrices } from '../lib/train/model-prices.ts';

/** The control that sees what no router sees. */
const sourcePrior = 'source prior (uses the source)';
/** What the others are compared to. */
const reference = 'knn';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sets: { type: 'string', default: 'mixed-2024,routerbench-subset,ulab-llmrouter,mmlu-pro,routellm' },
    kinds: { type: 'string', default: [...estimatorKinds, sourcePrior].join(',') },
    seeds: { type: 'string', default: '3' },
    json: { type: 'boolean' },
  },
});
const folder = positionals[0];
if (folder === undefined) throw new Error('name the folder that holds the data sets');

interface Result {
  readonly set: string;
  readonly kind: string;
  readonly seed: number;
  /** Training alone; the control has none. */
  readonly seconds: number;
  readonly routingError: number;
  readonly gapClosed: number;
  readonly config: Readonly<Record<string, number | string | boolean>>;
}

/** One split of one set, with everything that estimators do not change. */
interface Ground {
  readonly table: RoutingTable;
  readonly embedded: PromptEmbeddings;
  readonly split: Split;
  readonly costs: ReturnType<typeof fitModelCosts>;
  readonly prices: ReadonlyMap<string, Price>;
}

const found = await findEncoder(null, defaultMaxTokens);
const encoder = { ...found, options: { ...found.options, view: defaultView } };
const results: Result[] = [];
for (const set of values.sets.split(',')) {
  const table = await readRoutingData([join(folder, set, 'prompts.jsonl.gz')]);
  const embedded = await embedTable(table, encoder);
  for (let seed = 0; seed < Number(values.seeds); seed++) {
    const ground = await prepare(join(folder, set), table, embedded, seed);
    for (const kind of values.kinds.split(',')) {
      const result = { set, seed, kind, ...(await measure(ground, kind, seed)) };
      results.push(result);
      console.error(
        `${set} seed ${seed} ${kind}: ${result.seconds.toFixed(1)} s, ${percent(result.gapClosed)}`,
      );
    }
  }
}
if (values.json) console.log(JSON.stringify(results, null, 2));
else console.log(renderTable(head(), summarise(), [2, 3, 4, 5]));

async function prepare(
  path: string,
  table: RoutingTable,
  embedded: PromptEmbeddings,
  seed: number,
): Promise<Ground> {
  const split = splitRows(table.groups, { seed });
  const registry = await readModels(join(path, 'models.json'));
  const sourced = await requirePrices(subsetTable(table, split.train), registry);
  const costs = fitModelCosts({ table, embedded, learning: holdOut(split), registry }, sourced);
  return {
    table,
    embedded,
    split,
    costs,
    prices: new Map([...sourced].map(([id, { price }]) => [id, price])),
  };
}

async function measure(
  ground: Ground,
  kind: string,
  seed: number,
): Promise<Pick<Result, 'seconds' | 'routingError' | 'gapClosed' | 'config'>> {
  const { table, embedded, split, costs, prices } = ground;
  const rows = (indices: readonly number[]): LabelledEmbeddings => labelledRows(table, embedded, indices);
  const start = performance.now();
  const estimator = await estimatorFactory(kind === sourcePrior ? 'constant' : kind).train(
    rows(split.train),
    rows(split.validation),
    { seed },
  );
  const seconds = (performance.now() - start) / 1000;
  const { input } = evaluationInput({ table, embedded, prices }, split.test, { estimator, ...costs });
  const judged = kind === sourcePrior ? withSourcePrior(input, ground) : input;
  const { gapClosed } = evaluate(judged, { resamples: 0 });
  const [predicted, scores] = [judged.predictedQuality, judged.scores].map((one) => Float32Array.from(one));
  if (gapClosed === null || predicted === undefined || scores === undefined) {
    throw new Error(`${kind}: no gap to close on the test rows`);
  }
  return {
    seconds,
    routingError: routingError(predicted, scores, table.models.length),
    gapClosed,
    config: kind === sourcePrior ? {} : estimator.state().config,
  };
}

function withSourcePrior(input: EvaluationInput, { table, split }: Ground): EvaluationInput {
  const sources = split.test.map((row) => table.sources[row] ?? '');
  return { ...input, predictedQuality: predictBySource(subsetTable(table, split.train), sources) };
}

function head(): string[] {
  return ['set', 'kind', 'gapClosed', `less ${reference}'s`, 'routing error x 10^4', 'training s'];
}

/** One line a set and kind: means over seeds, and the paired difference to knn with its standard error. */
function summarise(): string[][] {
  const names = [...new Set(results.map(({ set, kind }) => `${set}\n${kind}`))];
  return names.map((name) => {
    const runs = results.filter(({ set, kind }) => name === `${set}\n${kind}`);
    const differences = runs.flatMap((run) => {
      const other = results.find(
        ({ set, kind, seed }) => set === run.set && kind === reference && seed === run.seed,
      );
      return other === undefined ? [] : [run.gapClosed - other.gapClosed];
    });
    return [
      ...name.split('\n'),
      percent(mean(runs.map(({ gapClosed }) => gapClosed))),
      `${(100 * mean(differences)).toFixed(1)} ± ${(100 * standardError(differences)).toFixed(1)}`,
      (1e4 * mean(runs.map((run) => run.routingError))).toFixed(1),
      mean(runs.map(({ seconds }) => seconds)).toFixed(1),
    ];
  });
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

function standardError(numbers: readonly number[]): number {
  const centre = mean(numbers);
  const squares = numbers.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (numbers.length - 1) / numbers.length);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
