/**
 * How well every kind of estimator routes, beside the reference of the field (knn of 100 neighbours on the embedding, one mean
 * cost a model) and a control that sees each prompt's source. Routers are trained as `pointsman train` does; what is reported is
 * on test rows that neither training nor any choice has seen, and beside it, to choose by, what the training rows show, each
 * predicted by estimators that were not trained on it.
 * usage: npx tsx bench/quality.ts <folder of data sets> [--sets a,b] [--kinds ipr,stack] [--features embedding,tokens,surface]
 *   [--seeds 3] [--results quality.jsonl] [--json]
 * A set "mixed-2024:llama" is the set with the models of one family alone: the pools that IPR's savings at parity are of.
 * With --results every measurement is added to the file as it is made, and those that it holds are not made again.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  defaultFeatures,
  defaultMaxTokens,
  defaultView,
  findEncoder,
} from '../lib/artifact/encoder-files.ts';
import { calibrationSetOf } from '../lib/calibration/calibration-set.ts';
import { ConformalIntervals } from '../lib/calibration/conformal.ts';
import type { SourcedPrice } from '../lib/cost/price-catalogue.ts';
import { readModels } from '../lib/data/models.ts';
import { readRoutingData } from '../lib/data/read.ts';
import { selectModels } from '../lib/data/select-models.ts';
import { type Split, splitRows } from '../lib/data/split.ts';
import { subsetTable } from '../lib/data/subset.ts';
import type { RoutingTable } from '../lib/data/table.ts';
import type { TrainedKind } from '../lib/estimator/estimator.ts';
import { familiesOf } from '../lib/estimator/model-family.ts';
import { predictAll } from '../lib/estimator/predict.ts';
import { estimatorFromState, estimatorKinds } from '../lib/estimator/registry.ts';
import { routingError } from '../lib/estimator/routing-error.ts';
import { modelMeans } from '../lib/estimator/training-data.ts';
import { interval95 } from '../lib/evaluate/bootstrap.ts';
import { evaluate, evaluateWithSamples } from '../lib/evaluate/evaluate.ts';
import type { EvaluationInput } from '../lib/evaluate/input.ts';
import { predictBySource } from '../lib/evaluate/source-prior.ts';
import { renderTable } from '../lib/plain-table.ts';
import { checkFeatures } from '../lib/pool/features.ts';
import type { PromptEmbeddings } from '../lib/train/embed-prompts.ts';
import { embedTable, labelledRows } from '../lib/train/embed-table.ts';
import { evaluationInput, inputOfPredictions } from '../lib/train/evaluation-input.ts';
import { fitContender } from '../lib/train/fit-contender.ts';
import { crossFolds, defaultFolding } from '../lib/train/learning-rows.ts';
import type { CostData } from '../lib/train/model-costs.ts';
import { requirePrices } from '../lib/train/model-prices.ts';

const reference = 'knn of 100, mean costs';
const sourcePrior = 'source prior (uses the source)';
const coverage = 0.9;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sets: { type: 'string', default: 'mixed-2024,routerbench-subset,ulab-llmrouter,mmlu-pro,routellm' },
    kinds: { type: 'string', default: estimatorKinds.join(',') },
    features: { type: 'string', default: defaultFeatures.join(',') },
    seeds: { type: 'string', default: '3' },
    results: { type: 'string' },
    json: { type: 'boolean' },
  },
});
const folder = positionals[0];
if (folder === undefined) throw new Error('name the folder that holds the data sets');
const features = checkFeatures(values.features.split(','));

/** A setting that training rows chose to keep a share of the best model's quality, on the test rows. */
interface Saving {
  readonly saving: number;
  readonly qualityShare: number;
  readonly qualityInterval: readonly [number, number] | null;
}

interface Measurement {
  readonly set: string;
  readonly kind: string;
  readonly features: string;
  readonly seed: number;
  readonly seconds: number;
  readonly chosenOn: { readonly gapClosed: number | null; readonly routingError: number } | null;
  readonly gapClosed: number;
  readonly interval: readonly [number, number] | null;
  /** gapClosed less the reference's on the same resamples; null for the reference. */
  readonly difference: { readonly value: number; readonly samples: readonly number[] } | null;
  readonly routingError: number;
  readonly ece: number;
  readonly brier: number;
  readonly coverage: number | null;
  /** By the share of quality to keep; null where no setting keeps it on the training rows. */
  readonly savings: Readonly<Record<'1' | '0.99' | '0.95', Saving | null>>;
}

/** One split of one set, with everything that estimators do not change. */
interface Ground {
  readonly data: CostData;
  readonly split: Split;
  readonly sourced: ReadonlyMap<string, SourcedPrice>;
  readonly measured: { readonly table: RoutingTable; readonly embedded: PromptEmbeddings };
}

const resamples = 1000;
const found = await findEncoder(null, defaultMaxTokens);
const encoder = { ...found, options: { ...found.options, view: defaultView, features } };
const known = readResults();
const kinds = [reference, ...values.kinds.split(',')];
const wanted: Measurement[] = [];
for (const set of values.sets.split(',')) {
  for (let seed = 0; seed < Number(values.seeds); seed++) await measureSplit(set, seed);
}
if (values.json) console.log(JSON.stringify(wanted, null, 2));
else report();

async function measureSplit(set: string, seed: number): Promise<void> {
  const isKnown = (kind: string) => (one: Measurement) =>
    one.set === set &&
    one.seed === seed &&
    one.kind === kind &&
    (kind === reference || one.features === features.join());
  const missing = kinds.filter((kind) => !known.some(isKnown(kind)));
  wanted.push(...kinds.flatMap((kind) => known.find(isKnown(kind)) ?? []));
  if (missing.length === 0) return;
  const ground = await prepare(set, seed);
  const compared = evaluateWithSamples(referenceInput(ground), { resamples });
  for (const kind of missing) {
    const start = performance.now();
    const judged =
      kind === reference
        ? { input: referenceInput(ground), chosenOn: null }
        : await judge(ground, kind, seed);
    const seconds = (performance.now() - start) / 1000;
    const measurement = {
      set,
      kind,
      features: features.join(),
      seed,
      seconds,
      ...describe(judged, compared, kind),
    };
    wanted.push(measurement);
    if (values.results !== undefined) appendFileSync(values.results, `${JSON.stringify(measurement)}\n`);
    console.error(`${set} seed ${seed} ${kind}: ${seconds.toFixed(1)} s, ${percent(measurement.gapClosed)}`);
  }
}

async function prepare(set: string, seed: number): Promise<Ground> {
  const [name = '', family] = set.split(':');
  const path = join(folder as string, name);
  const whole = await readRoutingData([join(path, 'prompts.jsonl.gz')]);
  const embedded = await embedTable(whole, encoder);
  const families = familiesOf(whole.models);
  const models = whole.models.filter((_, column) => families[column] === (family ?? families[column]));
  const { table } = selectModels(whole, models);
  const split = splitRows(table.groups, { seed, train: 0.8, validation: 0, test: 0.2 });
  const registry = await readModels(join(path, 'models.json'));
  return {
    data: {
      table,
      embedded,
      learning: crossFolds(table, split.train, defaultFolding(split.train.length), seed),
      registry,
    },
    split,
    sourced: await requirePrices(subsetTable(table, split.train), registry),
    measured: { table, embedded },
  };
}

interface Judged {
  readonly input: EvaluationInput;
  /** The training rows, predicted by estimators that were not trained on them. */
  readonly chosenOn: EvaluationInput | null;
}

async function judge(ground: Ground, kind: string, seed: number): Promise<Judged> {
  const { data, split, sourced } = ground;
  const estimator = (kind === sourcePrior ? 'constant' : kind) as TrainedKind;
  const contender = await fitContender(data, sourced, { estimator, seed });
  const measured = { ...ground.measured, prices: pricesOf(sourced) };
  const { input } = evaluationInput(measured, split.test, contender);
  const { input: chosenOn } = inputOfPredictions(
    measured,
    contender.outOfFold.rows,
    contender.models,
    contender.outOfFold,
  );
  if (kind === sourcePrior) {
    const sources = split.test.map((row) => data.table.sources[row] ?? '');
    return {
      input: { ...input, predictedQuality: predictBySource(subsetTable(data.table, split.train), sources) },
      chosenOn: null,
    };
  }
  const calibration = calibrationSetOf({
    ...chosenOn,
    inputTokens: contender.outOfFold.rows.map((row) => data.embedded.inputTokens[row] ?? 0),
    costValues: contender.outOfFold.costValues,
  });
  const intervals = new ConformalIntervals(calibration, coverage).around(input.predictedQuality);
  return { input: { ...input, intervals }, chosenOn };
}

function pricesOf(sourced: ReadonlyMap<string, SourcedPrice>) {
  return new Map([...sourced].map(([id, { price }]) => [id, price]));
}

/** Plain nearest neighbours of the embedding, every neighbour counting the same, and what each model costs on average. */
function referenceInput({ data, split, sourced, measured }: Ground): EvaluationInput {
  const { table, embedded } = data;
  const width = embedded.blocks?.[0] ?? embedded.dimension;
  const training = labelledRows(table, embedded, split.train);
  const keys = firstColumns(training.embeddings, training.dimension, width);
  const { rows, models, scores } = training;
  const tensors = {
    keys: { shape: [rows, width], data: keys },
    scores: { shape: [rows, models.length], data: scores },
    prior: { shape: [models.length], data: modelMeans(training) },
  };
  const config = { k: Math.min(100, rows), temperature: 0, priorWeight: 0 };
  const estimator = estimatorFromState({ kind: 'knn', config, tensors }, models, width);
  const test = labelledRows(table, embedded, split.test);
  const quality = predictAll(estimator, firstColumns(test.embeddings, test.dimension, width), test.rows);
  const known = { ...measured, prices: pricesOf(sourced) };
  const priced = table.models.map((id) => ({ id, cost: { kind: 'per-request', meanUsd: 0 } as const }));
  const inputOf = (rows: readonly number[], predicted: Float32Array) =>
    inputOfPredictions(known, rows, priced, { quality: predicted, costValues: null }).input;
  const { costsUsd } = inputOf(split.train, scores);
  const means = models.map((_, column) => mean(rowsOf(costsUsd, column, models.length)));
  const input = inputOf(split.test, quality);
  return { ...input, predictedCostUsd: Array.from(quality, (_, cell) => means[cell % models.length] ?? 0) };
}

function rowsOf(matrix: ArrayLike<number>, column: number, columns: number): number[] {
  return Array.from(matrix).filter((value, cell) => cell % columns === column && !Number.isNaN(value));
}

function firstColumns(matrix: Float32Array, columns: number, width: number): Float32Array {
  const taken = new Float32Array((matrix.length / columns) * width);
  for (let row = 0; row * columns < matrix.length; row++)
    taken.set(matrix.subarray(row * columns, row * columns + width), row * width);
  return taken;
}

function describe(
  { input, chosenOn }: Judged,
  compared: ReturnType<typeof evaluateWithSamples>,
  kind: string,
) {
  const { evaluation, samples } = evaluateWithSamples(input, {
    resamples,
    ...(chosenOn === null ? {} : { validation: chosenOn }),
  });
  const { gapClosed, figures, prediction } = evaluation;
  const other = compared.evaluation.gapClosed;
  if (gapClosed === null || other === null) throw new Error(`${kind}: no gap to close on the test rows`);
  const own = samples.get('gapClosed') ?? [];
  const others = compared.samples.get('gapClosed') ?? [];
  return {
    chosenOn:
      chosenOn === null
        ? null
        : { gapClosed: evaluate(chosenOn, { resamples: 0 }).gapClosed, routingError: errorOf(chosenOn) },
    gapClosed,
    interval: figures.gapClosed?.interval ?? null,
    difference:
      kind === reference
        ? null
        : {
            value: gapClosed - other,
            samples: own.map((value, at) => rounded((value ?? Number.NaN) - (others[at] ?? Number.NaN))),
          },
    routingError: errorOf(input),
    ece: prediction.ece,
    brier: prediction.brier,
    coverage: evaluation.coverage?.pooled.share ?? null,
    savings: {
      '1': savingOf(evaluation, chosenOn, '1'),
      '0.99': savingOf(evaluation, chosenOn, '0.99'),
      '0.95': savingOf(evaluation, chosenOn, '0.95'),
    },
  };
}

/** Enough for an interval's ends, and short in a file. */
function rounded(value: number): number {
  return Math.round(1e5 * value) / 1e5;
}

function errorOf({ predictedQuality, scores, models }: EvaluationInput): number {
  return routingError(Float32Array.from(predictedQuality), Float32Array.from(scores), models.length);
}

function savingOf(
  { csrChoices, figures }: ReturnType<typeof evaluate>,
  chosenOn: EvaluationInput | null,
  level: '1' | '0.99' | '0.95',
): Saving | null {
  const choice = csrChoices[level];
  if (choice === null || chosenOn === null) return null;
  const { saving, qualityShare } = choice;
  return { saving, qualityShare, qualityInterval: figures[`csr@${level}.kept`]?.interval ?? null };
}

function readResults(): Measurement[] {
  const file = values.results;
  if (file === undefined || !existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Measurement);
}

function report(): void {
  const sets = values.sets.split(',');
  for (const set of sets) {
    console.log(`\n${set}, features ${features.join()}\n`);
    console.log(
      renderTable(
        head(),
        kinds.flatMap((kind) => lineOf(runsOf(set, kind), kind)),
        [1, 2, 3, 4, 5, 6, 7],
      ),
    );
  }
  console.log('\nmean over the sets\n');
  console.log(
    renderTable(
      ['kind', 'gapClosed', `over the reference's`, 'lower by a set at most'],
      kinds.map((kind) => overall(sets, kind)),
      [1, 2, 3],
    ),
  );
}

function runsOf(set: string, kind: string): Measurement[] {
  return wanted.filter((one) => one.set === set && one.kind === kind);
}

function head(): string[] {
  return [
    'kind',
    'gapClosed',
    'seed 0',
    'less the reference',
    'on training rows',
    'ECE',
    'coverage',
    's',
    'CSR@1',
    'CSR@0.95',
  ];
}

/** Means over seeds, which also split the rows anew. */
function lineOf(runs: readonly Measurement[], kind: string): string[][] {
  const [first] = runs;
  if (first === undefined) return [];
  const differences = runs.flatMap(({ difference }) => difference?.value ?? []);
  return [
    [
      kind,
      percent(mean(runs.map(({ gapClosed }) => gapClosed))),
      first.interval === null ? '' : first.interval.map(percent).join(' .. '),
      differences.length === 0
        ? ''
        : `${(100 * mean(differences)).toFixed(1)} ± ${(100 * standardError(differences)).toFixed(1)}`,
      percent(mean(runs.flatMap(({ chosenOn }) => chosenOn?.gapClosed ?? []))),
      mean(runs.map(({ ece }) => ece)).toFixed(3),
      percent(mean(runs.flatMap(({ coverage }) => coverage ?? []))),
      mean(runs.map(({ seconds }) => seconds)).toFixed(0),
      savings(runs, '1'),
      savings(runs, '0.95'),
    ],
  ];
}

/** Mean saving, the mean share of quality kept and its interval of the first seed, over seeds where training rows reach the level. */
function savings(runs: readonly Measurement[], level: '1' | '0.95'): string {
  const chosen = runs.flatMap(({ savings }) => savings[level] ?? []);
  const [first] = chosen;
  if (first === undefined) return 'not reached';
  const reached = chosen.length < runs.length ? `, ${chosen.length}/${runs.length} seeds` : '';
  const interval =
    first.qualityInterval === null ? '' : `, ${first.qualityInterval.map(percent).join(' .. ')}`;
  return `${percent(mean(chosen.map(({ saving }) => saving)))} (kept ${percent(mean(chosen.map(({ qualityShare }) => qualityShare)))}${interval}${reached})`;
}

/** The mean of the sets, how many times the reference's it is, and the set on which the kind is worst beside the reference. */
function overall(sets: readonly string[], kind: string): string[] {
  const of = (which: string) => sets.map((set) => mean(runsOf(set, which).map(({ gapClosed }) => gapClosed)));
  const [own, others] = [of(kind), of(reference)];
  const firsts = sets.map(
    (set) => runsOf(set, kind).find(({ seed }) => seed === 0)?.difference?.samples ?? [],
  );
  const sampled = Array.from({ length: resamples }, (_, at) =>
    mean(firsts.map((samples) => samples[at] ?? Number.NaN)),
  );
  const interval =
    kind === reference ? '' : ` (difference of seed 0 ${interval95(sampled)?.map(percent).join(' .. ')})`;
  const worst = Math.min(...own.map((value, at) => value - (others[at] ?? 0)));
  return [kind, percent(mean(own)), `${(mean(own) / mean(others)).toFixed(2)}x${interval}`, percent(worst)];
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
  return Number.isNaN(share) ? 'none' : `${(100 * share).toFixed(1)} %`;
}
