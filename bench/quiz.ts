import { join } from 'node:path';
import { loadAddon } from '../bindings/load.ts';
import {
  defaultFeatures,
  defaultMaxTokens,
  defaultView,
  findEncoder,
} from '../lib/artifact/encoder-files.ts';
import { readModels } from '../lib/data/models.ts';
import { readRoutingData } from '../lib/data/read.ts';
import { selectModels } from '../lib/data/select-models.ts';
import { type Split, splitRows } from '../lib/data/split.ts';
import type { RoutingTable } from '../lib/data/table.ts';
import type { QualityEstimator } from '../lib/estimator/estimator.ts';
import { embeddingsOf } from '../lib/estimator/familiarity.ts';
import { familiesOf } from '../lib/estimator/model-family.ts';
import { predictAll } from '../lib/estimator/predict.ts';
import { Random } from '../lib/nn/random.ts';
import type { LabelledPrompts } from '../lib/onboard/fit-added-model.ts';
import { placeModel } from '../lib/onboard/fit-quizzed-model.ts';
import { freezeIrt } from '../lib/onboard/frozen-irt.ts';
import { fitFrozenRidge, predictFrozenRidge } from '../lib/onboard/frozen-ridge.ts';
import { nearestModel } from '../lib/onboard/held-out-errors.ts';
import { pickInformative } from '../lib/onboard/informative-quiz.ts';
import { selectQuiz } from '../lib/onboard/select-quiz.ts';
import type { PromptEmbeddings } from '../lib/train/embed-prompts.ts';
import { embedTable, labelledRows } from '../lib/train/embed-table.ts';
import { holdOut } from '../lib/train/learning-rows.ts';
import { fitModelCosts } from '../lib/train/model-costs.ts';
import { requirePrices } from '../lib/train/model-prices.ts';
import { type Contest, contestOf, errorsOf, joinColumn, train } from './added-model.ts';
import { type Bench, type FigureGroup, quantile } from './harness.ts';

const sizes = [10, 20, 30, 50, 100];
/** Prompts that a quiz is picked from, of the training rows. */
const bankRows = 2000;
/** Draws of prompts at random, whose mean is reported. */
const draws = 2;

/** Every `step`-th model is left out; split 0 is not among them: the way quizzes are picked was chosen on it. */
const sets = [
  { name: 'mixed-2024', step: 2, seeds: [1, 2] },
  { name: 'mmlu-pro', step: 4, seeds: [1, 2] },
] as const;

/** A model, or its whole family, is left out of a router of kind irt, and the model is added again by a quiz. */
export const quizBench: Bench = {
  name: 'quiz',
  description: 'models added to a router by the answers to 10 to 100 prompts, against full data and controls',
  async *groups({ data }) {
    if (data === null) throw new Error('the quiz bench needs --data, a folder of routing data sets');
    for (const set of sets) {
      for (const left of ['model', 'family'] as const) yield await measureSet(data, set, left);
    }
  },
};

type BenchSet = (typeof sets)[number];

/** Of one left-out model on one split, by figure. */
type Outcome = ReadonlyMap<string, number>;

async function measureSet(
  folder: string,
  { name, step, seeds }: BenchSet,
  left: 'model' | 'family',
): Promise<FigureGroup> {
  const table = await readRoutingData([join(folder, name, 'prompts.jsonl.gz')]);
  const encoder = await findEncoder(null, defaultMaxTokens);
  const options = { ...encoder.options, view: defaultView, features: defaultFeatures };
  const embedded = await embedTable(table, { ...encoder, options });
  const registry = await readModels(join(folder, name, 'models.json'));
  const families = familiesOf(table.models);
  const outcomes = new Map<number, Outcome[]>(sizes.map((size) => [size, []]));
  const models = table.models.filter((_, column) => column % step === 0);
  for (const seed of seeds) {
    const split = splitRows(table.groups, { seed });
    const whole = left === 'model' ? await train('irt', table, embedded, split, seed) : null;
    for (const model of models) {
      process.stderr.write(
        `quiz: ${name}, split ${seed}, without ${model}${left === 'family' ? "'s family" : ''}\n`,
      );
      const family = families[table.models.indexOf(model)];
      const old = table.models.filter((id, column) =>
        left === 'model' ? id !== model : families[column] !== family,
      );
      // The new model last, as it will be.
      const { table: pool } = selectModels(table, [...old, model]);
      const base = await train('irt', selectModels(table, old).table, embedded, split, seed);
      const full = whole ?? (await train('irt', pool, embedded, split, seed));
      const prices = await requirePrices(pool, registry);
      const costs = fitModelCosts({ table: pool, embedded, learning: holdOut(split), registry }, prices);
      const listed = new Map([...prices].map(([id, { price }]) => [id, price]));
      const contest = contestOf(pool, embedded, split, costs, listed);
      const run = { pool, embedded, split, contest, base, full: columnsOf(full, pool, contest) };
      for (const [size, list] of outcomes) list.push(await measureRun(run, size, seed));
    }
  }
  return describeSet(`${name}, without the ${left === 'model' ? 'model' : "model's family"}`, outcomes, {
    models,
    seeds,
  });
}

/** [test rows, models] in the order of the pool. */
function columnsOf(
  full: QualityEstimator,
  pool: RoutingTable,
  { embeddings, scores }: Contest,
): Float32Array {
  const rows = scores.length / pool.models.length;
  const predicted = predictAll(full, embeddings, rows);
  const columns = pool.models.map((model) => full.models.indexOf(model));
  return Float32Array.from({ length: rows * columns.length }, (_, cell) => {
    const row = Math.floor(cell / columns.length);
    return predicted[row * full.models.length + (columns[cell % columns.length] ?? 0)] ?? Number.NaN;
  });
}

interface Run {
  /** The new model is the last. */
  readonly pool: RoutingTable;
  readonly embedded: PromptEmbeddings;
  readonly split: Split;
  readonly contest: Contest;
  /** Trained without it. */
  readonly base: QualityEstimator;
  /** [test rows, models], trained with all its labels. */
  readonly full: Float32Array;
}

async function measureRun(run: Run, size: number, seed: number): Promise<Outcome> {
  const { pool, contest, base } = run;
  const models = pool.models.length;
  const rows = contest.scores.length / models;
  const old = predictAll(base, contest.embeddings, rows);
  const outcome = new Map<string, number>();
  const judge = (name: string, quality: (row: number) => number, share = 1) => {
    const { mae } = errorsOf(contest.scores, models, models - 1, quality);
    const matrix = name === 'full data' ? run.full : joinColumn(old, models, models - 1, quality);
    for (const [figure, value] of [
      [`MAE, ${name}`, mae],
      [`gapClosed, ${name}`, contest.gapClosed(matrix)],
    ] as const) {
      outcome.set(figure, (outcome.get(figure) ?? 0) + share * value);
    }
  };
  judge('full data', (row) => run.full[(row + 1) * models - 1] ?? 0);
  const bank = bankOf(run, seed);
  const picks: readonly (readonly [string, readonly number[]])[] = [
    ['information', byInformation(run, bank, size)],
    ['strata', await byStrata(run, bank, size)],
    ...Array.from({ length: draws }, (_, draw) => ['random', atRandom(bank, size, draw)] as const),
  ];
  for (const [name, picked] of picks) {
    const share = name === 'random' ? 1 / draws : 1;
    const answers = answersTo(run, picked);
    const placed = await placeModel(base, answers, {
      model: pool.models.at(-1) ?? '',
      seed: 0,
      signal: undefined,
      onProgress: undefined,
    });
    const all = predictAll(placed, contest.embeddings, rows);
    judge(`by ${name}`, (row) => all[(row + 1) * models - 1] ?? 0, share);
    if (name === 'information') judgeControls(run, answers, old, judge);
  }
  return outcome;
}

/** What else the same answers could be used for. */
function judgeControls(
  { base }: Run,
  answers: LabelledPrompts,
  old: Float32Array,
  judge: (name: string, quality: (row: number) => number) => void,
): void {
  const known = base.models.length;
  const predicted = predictAll(base, answers.embeddings, answers.rows);
  const nearest = nearestModel({ ...answers, old: base.models, predicted }, [...answers.scores.keys()]);
  judge('nearest model', (row) => old[row * known + nearest] ?? 0);
  const ridge = fitFrozenRidge({ rows: answers.rows, old: known, predicted, scores: answers.scores });
  judge('ridge on old models', (row) => Math.min(1, Math.max(0, predictFrozenRidge(ridge, old, row))));
  const mean = answers.scores.reduce((sum, score) => sum + score, 0) / answers.rows;
  judge('mean of answers', () => mean);
}

/** Training rows that the new model was run on, as indices into the table. */
function bankOf({ pool, split }: Run, seed: number): number[] {
  const columns = pool.models.length;
  const run = split.train.filter((row) => !Number.isNaN(pool.scores[(row + 1) * columns - 1]));
  const order = Int32Array.from(run);
  new Random(seed).shuffle(order);
  return [...order.subarray(0, bankRows)];
}

function byInformation({ pool, embedded, base }: Run, bank: readonly number[], size: number): number[] {
  const { kernels } = loadAddon();
  const irt = freezeIrt(base);
  const { embeddings, rows } = labelledRows(pool, embedded, bank);
  const picked = pickInformative(irt.networks, irt.prepare(embeddings), { rows, size, kernels });
  return picked.flatMap((at) => bank[at] ?? []);
}

async function byStrata(
  { pool, embedded, base }: Run,
  bank: readonly number[],
  size: number,
): Promise<number[]> {
  const labelled = labelledRows(pool, embedded, bank);
  const { rows } = labelled;
  const picked = await selectQuiz(
    {
      rows,
      models: base.models.length,
      embeddings: embeddingsOf(labelled).values,
      predicted: predictAll(base, labelled.embeddings, rows),
    },
    { size, seed: 0, kernels: loadAddon().kernels, signal: undefined },
  );
  return picked.flatMap((at) => bank[at] ?? []);
}

function atRandom(bank: readonly number[], size: number, draw: number): number[] {
  const order = Int32Array.from(bank);
  new Random(1000 * draw + size).shuffle(order);
  return [...order.subarray(0, size)];
}

function answersTo({ pool, embedded }: Run, rows: readonly number[]): LabelledPrompts {
  const columns = pool.models.length;
  const { dimension, embeddings, scores } = labelledRows(pool, embedded, rows);
  return {
    rows: rows.length,
    dimension,
    embeddings,
    scores: Float64Array.from(rows, (_, at) => scores[(at + 1) * columns - 1] ?? 0),
    oldScores: scores.filter((_, cell) => cell % columns !== columns - 1),
    groups: rows.map((row) => pool.groups[row] ?? ''),
  };
}

function describeSet(
  title: string,
  outcomes: ReadonlyMap<number, readonly Outcome[]>,
  { models, seeds }: { readonly models: readonly string[]; readonly seeds: readonly number[] },
): FigureGroup {
  const runs = models.length * seeds.length;
  return {
    title: `${title}, irt, mean of ${runs} runs a line`,
    figures: [...outcomes].map(([size, list]) => {
      const mean = (figure: string, of: readonly Outcome[] = list) =>
        of.reduce((sum, outcome) => sum + (outcome.get(figure) ?? Number.NaN), 0) / of.length;
      const ratio = (of: readonly Outcome[]) => mean('MAE, full data', of) / mean('MAE, by information', of);
      const share = (of: readonly Outcome[]) =>
        mean('gapClosed, by information', of) / mean('gapClosed, full data', of);
      const [lowRatio, highRatio] = interval(list, ratio);
      const [lowShare, highShare] = interval(list, share);
      return {
        name: `${size} prompts`,
        values: {
          ...Object.fromEntries([...(list[0]?.keys() ?? [])].map((figure) => [figure, mean(figure)])),
          'MAE of full data by that of the quiz': ratio(list),
          'the same, 95 % from': lowRatio,
          'the same, 95 % to': highRatio,
          'gapClosed by that of full data': share(list),
          'share of gapClosed, 95 % from': lowShare,
          'share of gapClosed, 95 % to': highShare,
        },
      };
    }),
    notes: [
      `left out one at a time: ${models.join(', ')}; splits ${seeds.join(', ')}; ${draws} draws of prompts at random`,
      `quizzes are picked from ${bankRows} training rows, which state the old models' scores; figures are of test rows`,
      'MAE of the new model; gapClosed of the pool with it; intervals by resampling runs',
      'full data: a router of kind irt trained on all training labels of the same models',
    ],
  };
}

/** 95 % of what resampled runs give. */
function interval(
  list: readonly Outcome[],
  figure: (of: readonly Outcome[]) => number,
): readonly [number, number] {
  const random = new Random(7);
  const values = Array.from({ length: 1000 }, () =>
    figure(list.map(() => list[random.integer(list.length)] ?? new Map())),
  );
  return [quantile(values, 0.025), quantile(values, 0.975)];
}
