import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArtifact } from '../lib/artifact/artifact.ts';
import { readRoutingData } from '../lib/data/read.ts';
import { predictAll } from '../lib/estimator/predict.ts';
import { mapQuality } from '../lib/estimator/refitted.ts';
import { Random } from '../lib/nn/random.ts';
import { fitFeedback, refitEstimator } from '../lib/refit/refit-estimator.ts';
import { labelledRows } from '../lib/train/embed-table.ts';
import { heldInput, holdRouter } from '../lib/train/held-router.ts';
import { trainRouter } from '../lib/train/train-router.ts';
import {
  choicesOf,
  gather,
  type StreamedPrompts,
  type StreamOptions,
  type StreamOutcome,
  sharesOf,
  stream,
} from './feedback-stream.ts';
import { type Bench, type FigureGroup, quantile } from './harness.ts';

const decisions = 3000;
/** Decisions before the drop. */
const before = 1000;
const lost = 0.7;
/** Decisions of the runs in which the model is well again after some. */
const recovering = { decisions: 6000, until: 2000 } as const;
/** Routers, each on a split of its own, and orders of prompts for each. */
const seeds = [0, 1, 2];

const sets = [
  { name: 'mixed-2024', estimator: 'stack', orders: 5, rates: [0, 0.02, 0.05, 0.1], refitEvery: 50 },
  { name: 'ulab-llmrouter', estimator: 'stack', orders: 5, rates: [0, 0.02, 0.05, 0.1], refitEvery: 50 },
  // Identities take a second to refit where maps take milliseconds.
  { name: 'mixed-2024', estimator: 'irt', orders: 1, rates: [0, 0.05], refitEvery: 100 },
] as const;
type BenchSet = (typeof sets)[number];

/** The model that a router chooses most often drops in quality: when do refits from feedback notice? */
export const feedbackBench: Bench = {
  name: 'feedback',
  description:
    'a model drops in quality: feedbacks until its traffic halves, quality beside no feedback and the truth',
  async *groups({ data }) {
    if (data === null) throw new Error('the feedback bench needs --data, a folder of routing data sets');
    for (const set of sets) {
      const prompts: StreamedPrompts[] = [];
      for (const seed of seeds) prompts.push(await promptsOf(data, set, seed));
      const title = `${set.name}, ${set.estimator}`;
      yield await describeDrop(title, set, prompts);
      yield await describeControl(title, set, prompts);
      if (set.estimator !== 'irt') yield await describeRecovery(title, set, prompts);
    }
  },
};

/** A router trained on three fifths of a set, and the rest to be streamed through it. */
export async function promptsOf(
  data: string,
  { name, estimator }: BenchSet,
  seed: number,
): Promise<StreamedPrompts> {
  process.stderr.write(`feedback: training ${estimator} on ${name}, split ${seed}\n`);
  const folder = mkdtempSync(join(tmpdir(), 'pointsman-'));
  try {
    const files = [join(data, name, 'prompts.jsonl.gz')];
    await trainRouter({ data: files, out: join(folder, 'router'), estimator, seed, test: 0.4 });
    const held = await holdRouter(join(folder, 'router'), await readRoutingData(files), {
      data: files,
      rows: 'test',
    });
    const { manifest } = await readArtifact(join(folder, 'router'));
    const columns = held.table.models.length;
    const complete = held.rows.evaluated.filter((row) =>
      held.table.scores.subarray(row * columns, (row + 1) * columns).every((score) => !Number.isNaN(score)),
    );
    const { input } = heldInput(held, complete);
    const predicted = Float32Array.from(input.predictedQuality);
    const { embeddings } = labelledRows(held.table, held.embedded, complete);
    const trained = held.artifact.estimator;
    const rows = complete.length;
    const refit: StreamedPrompts['refit'] =
      estimator === 'irt'
        ? async (feedback, own) => {
            const features = gather(embeddings, own, trained.dimension);
            const refitted = await refitEstimator(trained, { ...feedback, features });
            return predictAll(refitted.estimator, embeddings, rows);
          }
        : (feedback, own) => {
            const fits = fitFeedback(feedback, gather(predicted, own, columns));
            return predicted.map((value, cell) => {
              const { drift } = fits[cell % columns] ?? {};
              return drift === undefined ? value : mapQuality(drift.map, value);
            });
          };
    return {
      rows,
      models: held.table.models,
      features: embeddings,
      scores: Float32Array.from(input.scores),
      costUsd: Float64Array.from(input.predictedCostUsd),
      predicted,
      policy: manifest.defaults.policy,
      refit,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One figure per run. */
type Runs = readonly (readonly [prompts: StreamedPrompts, seed: number])[];

function runsOf({ orders }: BenchSet, prompts: readonly StreamedPrompts[]): Runs {
  return prompts.flatMap((one, at) =>
    Array.from({ length: orders }, (_, order) => [one, 100 * at + order] as const),
  );
}

const common = { decisions, from: before };

/** The model that the most prompts go to, and its share of them. */
function favourite(prompts: StreamedPrompts): { readonly column: number; readonly share: number } {
  const shares = sharesOf(choicesOf(prompts.predicted, prompts), prompts.models.length);
  const share = Math.max(...shares);
  return { column: shares.indexOf(share), share };
}

export async function describeDrop(
  title: string,
  set: BenchSet,
  prompts: readonly StreamedPrompts[],
): Promise<FigureGroup> {
  const runs = runsOf(set, prompts);
  const run = (rate: number, learns: StreamOptions['learns']) =>
    each(runs, async ([one, seed]) => {
      const { column } = favourite(one);
      const drop = { column, at: before, until: Number.POSITIVE_INFINITY, lost };
      return {
        column,
        ...(await stream(one, { ...common, refitEvery: set.refitEvery, rate, drop, learns, seed })),
      };
    });
  const never = (await run(0, 'never')).map(({ quality }) => quality);
  const truth = (await run(0, 'truth')).map(({ quality }) => quality);
  const figures = await each<number, FigureGroup['figures'][number]>(set.rates, async (rate) => {
    const learnt = await run(rate, 'feedback');
    const noticed = learnt.map((outcome) => halvedAfter(outcome, outcome.column) ?? Number.POSITIVE_INFINITY);
    const quality = learnt.map((outcome) => outcome.quality);
    const found = noticed.filter(Number.isFinite);
    return {
      name: `explore ${rate}`,
      values: {
        'feedbacks until its traffic is halved, median': known(quantile(noticed, 0.5)),
        'the same, 10 % of runs within': known(quantile(noticed, 0.1)),
        'the same, 90 % of runs within': known(quantile(noticed, 0.9)),
        'runs in which it was': found.length / runs.length,
        'quality after the drop': mean(quality),
        'never refitted': mean(never),
        'told the truth': mean(truth),
        ...interval('of what the truth is worth', runs.length, (at) =>
          ratio(
            at.map((i) => (quality[i] ?? 0) - (never[i] ?? 0)),
            at.map((i) => (truth[i] ?? 0) - (never[i] ?? 0)),
          ),
        ),
      },
    };
  });
  const share = mean(prompts.map((one) => favourite(one).share));
  return {
    title: `${title}: of the model chosen most, ${100 * lost} % of the right answers turn wrong after ${before} of ${decisions} decisions`,
    figures,
    notes: [
      `${runs.length} runs: ${seeds.length} routers, each on its own split, ${set.orders} orders of held-out prompts each; refit every ${set.refitEvery} feedbacks`,
      `the model answered ${(100 * share).toFixed(0)} % of the prompts: ${prompts.map((one) => one.models[favourite(one).column]).join(', ')}`,
      'quality: mean expected score from the drop on, exploration included; 95 % intervals by resampling runs',
    ],
  };
}

export async function describeControl(
  title: string,
  set: BenchSet,
  prompts: readonly StreamedPrompts[],
): Promise<FigureGroup> {
  const runs = runsOf(set, prompts);
  const run = (rate: number, learns: StreamOptions['learns']) =>
    each(runs, async ([one, seed]) => ({
      column: favourite(one).column,
      ...(await stream(one, {
        ...common,
        refitEvery: set.refitEvery,
        from: 0,
        rate,
        drop: null,
        learns,
        seed,
      })),
    }));
  const never = await run(0, 'never');
  const figures = await each<number, FigureGroup['figures'][number]>(set.rates, async (rate) => {
    const learnt = await run(rate, 'feedback');
    const explored = await run(rate, 'never');
    const lossOf = (list: readonly StreamOutcome[]) => (at: readonly number[]) =>
      mean(at.map((i) => (list[i]?.quality ?? 0) - (never[i]?.quality ?? 0)));
    return {
      name: `explore ${rate}`,
      values: {
        'refits kept of those tried': ratio(
          learnt.map(({ kept }) => kept),
          learnt.map(({ refits }) => refits),
        ),
        'runs in which a refit halved the favourite': mean(
          learnt.map((outcome) => (halvedAfter(outcome, outcome.column, 0) === null ? 0 : 1)),
        ),
        'quality, never refitted, no exploration': mean(never.map(({ quality }) => quality)),
        ...interval('change by exploration', runs.length, lossOf(explored)),
        ...interval('change by exploration and refits', runs.length, lossOf(learnt)),
        'cost by that of no refits, no exploration': ratio(
          learnt.map(({ costUsd }) => costUsd),
          never.map(({ costUsd }) => costUsd),
        ),
      },
    };
  });
  return {
    title: `${title}: nothing changes, ${decisions} decisions`,
    figures,
    notes: [
      'the same runs without the drop: what exploration and refits cost where there is nothing to notice',
    ],
  };
}

export async function describeRecovery(
  title: string,
  set: BenchSet,
  prompts: readonly StreamedPrompts[],
): Promise<FigureGroup> {
  const { decisions, until } = recovering;
  const runs = runsOf(set, prompts);
  const figures = await each<number, FigureGroup['figures'][number]>(set.rates, async (rate) => {
    const back = await each(runs, async ([one, seed]) => {
      const { column, share } = favourite(one);
      const drop = { column, at: before, until, lost };
      const outcome = await stream(one, {
        ...common,
        decisions,
        refitEvery: set.refitEvery,
        rate,
        drop,
        learns: 'feedback',
        seed,
      });
      const found = outcome.shares.find(
        ({ after, share: now }) => after > until && (now[column] ?? 0) > share / 2,
      );
      return found === undefined ? Number.POSITIVE_INFINITY : found.after - until;
    });
    return {
      name: `explore ${rate}`,
      values: {
        'feedbacks until it has half of its traffic again, median': known(quantile(back, 0.5)),
        'runs in which it had': back.filter(Number.isFinite).length / back.length,
      },
    };
  });
  return {
    title: `${title}: the same drop is over after ${until} of ${decisions} decisions`,
    figures,
    notes: [`-1: not within the ${decisions - until} that were left`],
  };
}

/** JSON has no infinity. */
function known(count: number): number {
  return Number.isFinite(count) ? count : -1;
}

/** Feedbacks from the drop until the model has less than half of the prompts that it had; null where it never has. */
function halvedAfter({ shares }: StreamOutcome, column: number, from = before): number | null {
  const at = shares.findLast(({ after }) => after <= from)?.share[column] ?? 0;
  const found = shares.find(({ after, share }) => after > from && (share[column] ?? 0) < at / 2);
  return found === undefined ? null : found.after - from;
}

/** One after the other: all of them compute. */
async function each<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await run(item));
  return results;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function ratio(above: readonly number[], below: readonly number[]): number {
  return mean(above) / mean(below);
}

/** A figure over runs with its 95 % interval, by resampling them. */
function interval(
  name: string,
  runs: number,
  figure: (at: readonly number[]) => number,
): Readonly<Record<string, number>> {
  const random = new Random(7);
  const all = Array.from({ length: runs }, (_, run) => run);
  const values = Array.from({ length: 1000 }, () => figure(all.map(() => random.integer(runs))));
  return {
    [name]: figure(all),
    [`${name}, 95 % from`]: quantile(values, 0.025),
    [`${name}, 95 % to`]: quantile(values, 0.975),
  };
}
