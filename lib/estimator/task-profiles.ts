import type { LabelledEmbeddings } from './estimator.ts';
import type { Tasks } from './task-discovery.ts';
import { modelMeans } from './training-data.ts';

/** What each model scored on each task. */
export interface TaskScores {
  /** Of the known scores, [tasks, models]. */
  readonly sums: Float64Array;
  readonly known: Float64Array;
  /** Mean known score of each model over all rows. */
  readonly means: Float32Array;
}

export function sumTaskScores(data: LabelledEmbeddings, tasks: Tasks): TaskScores {
  const models = data.models.length;
  const sums = new Float64Array(tasks.count * models);
  const known = new Float64Array(tasks.count * models);
  for (const [row, task] of tasks.of.entries()) {
    if (task < 0) continue;
    for (let model = 0; model < models; ++model) {
      const score = data.scores[row * models + model] as number;
      if (Number.isNaN(score)) continue;
      const at = task * models + model;
      sums[at] = (sums[at] as number) + score;
      known[at] = (known[at] as number) + 1;
    }
  }
  return { sums, known, means: modelMeans(data) };
}

/**
 * s(t, c): the mean score of a model on a task, as if it had `shrinkage` more rows there that score its mean over all tasks.
 * [tasks + 1, models]: the last row, for prompts of no task, is the means.
 */
export function taskPriors({ sums, known, means }: TaskScores, shrinkage: number): Float32Array {
  const priors = Float32Array.from(sums, (sum, at) => {
    const mean = means[at % means.length] as number;
    return (sum + shrinkage * mean) / ((known[at] as number) + shrinkage);
  });
  const all = new Float32Array(priors.length + means.length);
  all.set(priors);
  all.set(means, priors.length);
  return all;
}

/**
 * The candidates of each task, best prior first: the fewest of them that hold a best model of more than `coverage` of its rows.
 * Rows on which all known models score the same tell nothing and do not count.
 */
export function taskCandidates(
  data: LabelledEmbeddings,
  tasks: Tasks,
  priors: Float32Array,
  coverage: number,
): number[][] {
  const models = data.models.length;
  const rowsOf = Array.from({ length: tasks.count }, (): number[] => []);
  for (const [row, task] of tasks.of.entries()) rowsOf[task]?.push(row);
  return rowsOf.map((rows, task) => {
    const own = priors.subarray(task * models, (task + 1) * models);
    const order = [...own.keys()].sort((a, b) => (own[b] as number) - (own[a] as number) || a - b);
    const telling = rows.map((row) => bestOf(data, row)).filter((best) => best.size > 0);
    const isCovered = (count: number) => {
      const chosen = order.slice(0, count);
      const covered = telling.filter((best) => chosen.some((model) => best.has(model)));
      return covered.length > coverage * telling.length;
    };
    let count = 1;
    while (count < models && telling.length > 0 && !isCovered(count)) ++count;
    return order.slice(0, count);
  });
}

/** The models that score highest on a row; none where all that were run score the same. */
function bestOf({ models, scores }: LabelledEmbeddings, row: number): Set<number> {
  const own = scores.subarray(row * models.length, (row + 1) * models.length);
  const known = [...own.keys()].filter((model) => !Number.isNaN(own[model]));
  const values = known.map((model) => own[model] as number);
  const highest = Math.max(...values);
  if (values.every((value) => value === highest)) return new Set();
  return new Set(known.filter((model) => own[model] === highest));
}
