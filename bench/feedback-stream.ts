/** A stream of prompts through a router that learns from feedback, on rows whose every score is known. */
import { mixtureProbability, modelToTry } from '../lib/explore.ts';
import { Random } from '../lib/nn/random.ts';
import { choose } from '../lib/policy/choose.ts';
import type { PolicySpec } from '../lib/policy/policy.ts';
import { type FeedbackRows, sliceRows } from '../lib/refit/feedback-rows.ts';
import { learningRowsOf, leastFeedback } from '../lib/refit/hold-out.ts';
import { judgeRefit } from '../lib/refit/judge-refit.ts';

/** Prompts that the router was not trained on; matrices are [rows, models]. */
export interface StreamedPrompts {
  readonly rows: number;
  readonly models: readonly string[];
  /** [rows, dimension], for kinds that learn from more than predictions. */
  readonly features: Float32Array;
  readonly scores: Float32Array;
  readonly costUsd: Float64Array;
  /** By the router as it was trained. */
  readonly predicted: Float32Array;
  readonly policy: PolicySpec;
  /** Predictions of all prompts by the router refitted on some feedback, which is of the prompts at `rows`. */
  readonly refit: (feedback: FeedbackRows, rows: readonly number[]) => Float32Array | Promise<Float32Array>;
}

/** A model whose right answers become wrong. */
export interface Drop {
  readonly column: number;
  /** Decisions before it. */
  readonly at: number;
  /** Decisions until it is over, Infinity where it stays. */
  readonly until: number;
  /** Share of its answers that are worth nothing from then on. */
  readonly lost: number;
}

export interface StreamOptions {
  readonly decisions: number;
  /** Decisions from which quality is counted. */
  readonly from: number;
  readonly rate: number;
  readonly drop: Drop | null;
  /** 'truth': told of the drop at once. */
  readonly learns: 'never' | 'feedback' | 'truth';
  readonly refitEvery: number;
  readonly seed: number;
}

export interface StreamOutcome {
  /** Mean expected score of what answered, from `from` on. */
  readonly quality: number;
  /** Mean predicted cost, USD a request. */
  readonly costUsd: number;
  /** Refits that were tried, and kept. */
  readonly refits: number;
  readonly kept: number;
  /** Share of all prompts that go to each model after so many decisions. */
  readonly shares: readonly { readonly after: number; readonly share: Float64Array }[];
}

export async function stream(prompts: StreamedPrompts, options: StreamOptions): Promise<StreamOutcome> {
  const { models, scores, costUsd } = prompts;
  const columns = models.length;
  const { decisions, drop, rate, learns, refitEvery } = options;
  const random = new Random(options.seed);
  const order = orderOf(prompts.rows, decisions, random);
  const log = emptyLog(prompts, decisions);
  let table = prompts.predicted;
  let choices = choicesOf(table, prompts);
  const shares = [{ after: 0, share: sharesOf(choices, columns) }];
  let [quality, cost, refits, kept] = [0, 0, 0, 0];
  for (let step = 0; step < decisions; step++) {
    if (learns === 'truth' && drop !== null && step === drop.at) {
      table = table.map((value, cell) => (cell % columns === drop.column ? (1 - drop.lost) * value : value));
      choices = choicesOf(table, prompts);
    }
    const row = order[step] ?? 0;
    const chosen = choices[row] ?? 0;
    const eligible = [...models.keys()];
    const used = modelToTry({ rate }, eligible, random.uniform()) ?? chosen;
    const isDropped = drop !== null && step >= drop.at && step < drop.until && used === drop.column;
    const score = scores[row * columns + used] ?? 0;
    const worth = isDropped ? 1 - drop.lost : 1;
    const luck = random.uniform();
    if (step >= options.from) {
      quality += (worth * score) / (decisions - options.from);
      cost += (costUsd[row * columns + used] ?? 0) / (decisions - options.from);
    }
    log.chosen[step] = used;
    log.scores[step] = isDropped && luck < drop.lost ? 0 : score;
    log.probabilities[step] = mixtureProbability(used === chosen ? 1 : 0, { rate }, columns);
    log.costUsd.set(costUsd.subarray(row * columns, (row + 1) * columns), step * columns);
    const seen = step + 1;
    if (learns !== 'feedback' || seen % refitEvery !== 0 || seen < leastFeedback) continue;
    refits += 1;
    const learning = learningRowsOf(seen, '');
    const next = await prompts.refit(sliceRows(log, 0, learning), order.slice(0, learning));
    const held = order.slice(learning, seen);
    const { verdict } = judgeRefit(
      sliceRows(log, learning, seen),
      gather(table, held, columns),
      gather(next, held, columns),
    );
    if (verdict !== 'kept') continue;
    kept += 1;
    table = next;
    choices = choicesOf(table, prompts);
    shares.push({ after: seen, share: sharesOf(choices, columns) });
  }
  return { quality, costUsd: cost, refits, kept, shares };
}

/** Passes over all prompts, each in an order of its own. */
function orderOf(rows: number, decisions: number, random: Random): number[] {
  const order: number[] = [];
  while (order.length < decisions) {
    const pass = Int32Array.from({ length: rows }, (_, row) => row);
    random.shuffle(pass);
    order.push(...pass);
  }
  return order.slice(0, decisions);
}

function emptyLog({ models, policy }: StreamedPrompts, rows: number): FeedbackRows {
  return {
    rows,
    models,
    features: new Float32Array(0), // put in by those who learn from them
    chosen: new Int32Array(rows),
    scores: new Float64Array(rows),
    probabilities: new Float64Array(rows),
    atChoice: new Uint8Array(rows * models.length).fill(1),
    costUsd: new Float64Array(rows * models.length),
    policies: new Array(rows).fill(policy),
    inputTokens: new Float64Array(rows),
    decidedAt: new Float64Array(rows),
  };
}

export function choicesOf(
  predicted: Float32Array,
  { rows, models, costUsd, policy }: StreamedPrompts,
): Int32Array {
  const columns = models.length;
  const eligible = [...models.keys()];
  return Int32Array.from({ length: rows }, (_, row) => {
    const [start, end] = [row * columns, (row + 1) * columns];
    const input = {
      quality: predicted.subarray(start, end),
      costUsd: costUsd.subarray(start, end),
      eligible,
    };
    return choose(policy, input, models)?.index ?? 0;
  });
}

export function sharesOf(choices: Int32Array, columns: number): Float64Array {
  const shares = new Float64Array(columns);
  for (const column of choices) shares[column] = (shares[column] ?? 0) + 1 / choices.length;
  return shares;
}

export function gather(table: Float32Array, rows: readonly number[], columns: number): Float32Array {
  const out = new Float32Array(rows.length * columns);
  for (const [to, row] of rows.entries())
    out.set(table.subarray(row * columns, (row + 1) * columns), to * columns);
  return out;
}
