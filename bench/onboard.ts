import { join } from 'node:path';
import { defaultMaxTokens, defaultView, findEncoder } from '../lib/artifact/encoder-files.ts';
import { readModels } from '../lib/data/models.ts';
import { readRoutingData } from '../lib/data/read.ts';
import { selectModels } from '../lib/data/select-models.ts';
import { type Split, splitRows } from '../lib/data/split.ts';
import type { RoutingTable } from '../lib/data/table.ts';
import type { QualityEstimator } from '../lib/estimator/estimator.ts';
import { predictAll } from '../lib/estimator/predict.ts';
import { Random } from '../lib/nn/random.ts';
import { fitAddedModel, type LabelledPrompts } from '../lib/onboard/fit-added-model.ts';
import { nearestModel } from '../lib/onboard/held-out-errors.ts';
import type { PromptEmbeddings } from '../lib/train/embed-prompts.ts';
import { embedTable, labelledRows } from '../lib/train/embed-table.ts';
import { holdOut } from '../lib/train/learning-rows.ts';
import { fitModelCosts } from '../lib/train/model-costs.ts';
import { requirePrices } from '../lib/train/model-prices.ts';
import { type Contest, contestOf, errorsOf, joinColumn, train } from './added-model.ts';
import type { Bench, FigureGroup } from './harness.ts';

const sizes = [25, 50, 100, 200, 500, 1000, 2000];

/**
 * Models left out, of those that no default of onboarding was chosen on, and splits that none was chosen on either.
 * `draws` of labelled prompts a size.
 */
const sets = [
  {
    name: 'mixed-2024',
    estimator: 'ipr',
    models: ['gpt-4o-2024-08-06', 'Llama-3.1-70B-Instruct', 'gemma-2-9b-it', 'Qwen2-7B-Instruct'],
    seeds: [2, 3],
    draws: 2,
  },
  {
    name: 'mmlu-pro',
    estimator: 'ridge', // ipr takes minutes a model left out
    models: ['gemini-1.5-flash-002', 'Qwen1.5-72B-Chat', 'Mistral-7B-v0.1'],
    seeds: [2, 3],
    draws: 2,
  },
] as const;

/** A model is left out of a router and added again from a few of its labels; all figures are on test rows. */
export const onboardBench: Bench = {
  name: 'onboard',
  description:
    'models added to a router from 25 to 2,000 labelled prompts, against full data and two controls',
  async *groups({ data }) {
    if (data === null) throw new Error('the onboard bench needs --data, a folder of routing data sets');
    for (const set of sets) yield await measureSet(data, set);
  },
};

type BenchSet = (typeof sets)[number];

/** Sums over runs of one number of labels. */
type Tally = Map<string, number>;

async function measureSet(folder: string, set: BenchSet): Promise<FigureGroup> {
  const table = await readRoutingData([join(folder, set.name, 'prompts.jsonl.gz')]);
  const encoder = await findEncoder(null, defaultMaxTokens);
  const embedded = await embedTable(table, {
    ...encoder,
    options: { ...encoder.options, view: defaultView },
  });
  const registry = await readModels(join(folder, set.name, 'models.json'));
  const prices = await requirePrices(table, registry);
  const tallies = new Map<number, Tally>(sizes.map((size) => [size, new Map()]));
  for (const seed of set.seeds) {
    const split = splitRows(table.groups, { seed });
    const costs = fitModelCosts({ table, embedded, learning: holdOut(split), registry }, prices);
    const contest = contestOf(
      table,
      embedded,
      split,
      costs,
      new Map([...prices].map(([id, { price }]) => [id, price])),
    );
    const full = predictAll(
      await train(set.estimator, table, embedded, split, seed),
      contest.embeddings,
      split.test.length,
    );
    for (const model of set.models) {
      process.stderr.write(`onboard: ${set.name}, split ${seed}, without ${model}\n`);
      const old = table.models.filter((id) => id !== model);
      const base = await train(set.estimator, selectModels(table, old).table, embedded, split, seed);
      const run: Run = { table, embedded, split, contest, model, base, full };
      for (const [size, tally] of tallies) {
        for (let draw = 0; draw < set.draws; draw++) await measureDraw(run, size, draw, tally);
      }
    }
  }
  return describeSet(set, tallies);
}

interface Run {
  readonly table: RoutingTable;
  readonly embedded: PromptEmbeddings;
  readonly split: Split;
  readonly contest: Contest;
  readonly model: string;
  /** Trained without the model. */
  readonly base: QualityEstimator;
  /** [test rows, models] of an estimator trained on all labels of all models. */
  readonly full: Float32Array;
}

async function measureDraw(run: Run, size: number, draw: number, tally: Tally): Promise<void> {
  const { base, contest, table, model } = run;
  const column = table.models.indexOf(model);
  const labelled = drawLabelled(run, column, size, draw);
  const fitted = await fitAddedModel(base, labelled, {
    model,
    seed: draw,
    adapter: { bottleneck: 16, consistency: 1 },
    signal: undefined,
    onProgress: undefined,
  });
  const rows = contest.scores.length / table.models.length;
  const old = predictAll(base, contest.embeddings, rows);
  const all = predictAll(fitted.estimator, contest.embeddings, rows);
  checkUnchanged(old, all, base.models.length);
  const nearest = nearestModel(
    { ...labelled, old: base.models, predicted: predictAll(base, labelled.embeddings, labelled.rows) },
    [...labelled.scores.keys()],
  );
  const mean = labelled.scores.reduce((sum, score) => sum + score, 0) / labelled.rows;
  const contenders = {
    onboarded: (row: number) => all[(row + 1) * table.models.length - 1] ?? 0,
    'label mean': () => mean,
    'nearest old': (row: number) => old[row * base.models.length + nearest] ?? 0,
    'full data': (row: number) => run.full[row * table.models.length + column] ?? 0,
  };
  for (const [name, quality] of Object.entries(contenders)) {
    const matrix = name === 'full data' ? run.full : joinColumn(old, table.models.length, column, quality);
    addTo(tally, `gapClosed, ${name}`, contest.gapClosed(matrix));
    const { mae, brier } = errorsOf(contest.scores, table.models.length, column, quality);
    addTo(tally, `MAE, ${name}`, mae);
    addTo(tally, `Brier, ${name}`, brier);
  }
  addTo(tally, 'with an adapter', (fitted.adapterShare ?? 0) > 0 ? 1 : 0);
  addTo(tally, 'runs', 1);
}

/** Of training and validation rows alike: the same prompts are run again on the new model. */
function drawLabelled(
  { table, embedded, split }: Run,
  column: number,
  size: number,
  draw: number,
): LabelledPrompts {
  const scoreOf = (row: number) => table.scores[row * table.models.length + column] ?? Number.NaN;
  const pool = Int32Array.from(
    [...split.train, ...split.validation].filter((row) => !Number.isNaN(scoreOf(row))),
  );
  new Random(1000 * draw + size).shuffle(pool);
  const rows = [...pool.subarray(0, size)];
  const { dimension, embeddings, scores } = labelledRows(table, embedded, rows);
  return {
    rows: rows.length,
    dimension,
    embeddings,
    scores: Float64Array.from(rows, scoreOf),
    oldScores: scores.filter((_, cell) => cell % table.models.length !== column),
    groups: rows.map((row) => table.groups[row] ?? ''),
  };
}

function checkUnchanged(old: Float32Array, all: Float32Array, columns: number): void {
  const moved = old.findIndex((quality, cell) => {
    return all[Math.floor(cell / columns) * (columns + 1) + (cell % columns)] !== quality;
  });
  if (moved >= 0)
    throw new Error(`an old model is predicted otherwise, on test row ${Math.floor(moved / columns)}`);
}

function addTo(tally: Tally, name: string, value: number): void {
  tally.set(name, (tally.get(name) ?? 0) + value);
}

function describeSet(
  { name, estimator, models, seeds, draws }: BenchSet,
  tallies: ReadonlyMap<number, Tally>,
): FigureGroup {
  const runs = models.length * seeds.length * draws;
  return {
    title: `${name}, ${estimator}, mean of ${runs} runs a line`,
    figures: [...tallies].map(([size, tally]) => {
      const entries = [...tally]
        .filter(([key]) => key !== 'runs')
        .map(([key, sum]) => [key, sum / runs] as const);
      const values = Object.fromEntries(entries);
      const share =
        (values['gapClosed, onboarded'] ?? Number.NaN) / (values['gapClosed, full data'] ?? Number.NaN);
      return { name: `${size} prompts`, values: { ...values, 'share of the full gapClosed': share } };
    }),
    notes: [
      `left out one at a time: ${models.join(', ')}; splits ${seeds.join(', ')}, ${draws} draws of labelled prompts each`,
      'the data scores the old models on the labelled prompts too, which are drawn from training and validation rows',
      'test rows; no default was chosen on these models or splits; old models were predicted alike to the bit in every run',
      'full data: a router of the same kind trained on the training labels of every model',
    ],
  };
}
