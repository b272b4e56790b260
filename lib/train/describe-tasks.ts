import type { RouterManifest } from '../artifact/schema.ts';
import type { Price } from '../cost/price.ts';
import { subsetTable } from '../data/subset.ts';
import type { RoutingTable } from '../data/table.ts';
import type { QualityEstimator } from '../estimator/estimator.ts';
import { assignTasks } from '../estimator/task-classifier.ts';
import { classifyFeatures, tasksOf } from '../estimator/tasks-of.ts';
import { actualCosts } from '../evaluate/costs.ts';
import type { PromptEmbeddings } from './embed-prompts.ts';
import { labelledRows } from './embed-table.ts';
import { taskKeywords } from './task-keywords.ts';

type DescribedTasks = NonNullable<RouterManifest['tasks']>;

/**
 * What the manifest says of a router's tasks beside what its tensors hold: words of the training prompts, and what the candidates
 * cost on them. null for an estimator without tasks.
 */
export function describeTasks(
  estimator: QualityEstimator,
  measured: {
    readonly table: RoutingTable;
    readonly embedded: PromptEmbeddings;
    readonly prices: ReadonlyMap<string, Price>;
  },
  rows: readonly number[],
): DescribedTasks | null {
  const { models, dimension } = estimator;
  const tasks = tasksOf(estimator.state(), models, dimension);
  if (tasks === null) return null;
  const { embeddings } = labelledRows(measured.table, measured.embedded, rows);
  const taskOf = assignTasks(classifyFeatures(tasks, embeddings), tasks.confidence);
  const subset = subsetTable(measured.table, rows);
  const counted = rows.map((row) => measured.embedded.inputTokens[row] ?? 0);
  const { costsUsd } = actualCosts(subset, measured.prices, counted);
  const keywords = taskKeywords(subset.prompts, taskOf, tasks.sizes.length);
  const rowsOf = tasks.candidates.map((): number[] => []);
  for (const [row, task] of taskOf.entries()) rowsOf[task]?.push(row);
  return tasks.candidates.map((candidates, task) => ({
    keywords: [...(keywords[task] ?? [])],
    costsUsd: Object.fromEntries(
      candidates.flatMap((model) => {
        const own = rowsOf[task]?.map((row) => costsUsd[row * models.length + model] ?? Number.NaN);
        const mean = meanKnown(own ?? []);
        return mean === null ? [] : [[models[model] ?? '', mean]];
      }),
    ),
  }));
}

function meanKnown(values: readonly number[]): number | null {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
