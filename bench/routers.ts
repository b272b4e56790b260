/**
 * Trains every estimator on every data set and reports on rows that neither training nor any choice has seen.
 * usage: npx tsx bench/routers.ts <folder of data sets> [--sets a,b] [--estimators ipr,knn] [--seeds 3]
 *   [--features embedding,tokens,surface] [--json]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultFeatures } from '../lib/artifact/encoder-files.ts';
import type { TrainedKind } from '../lib/estimator/estimator.ts';
import type { Evaluation } from '../lib/evaluate/evaluation.ts';
import { renderTable } from '../lib/plain-table.ts';
import { checkFeatures } from '../lib/pool/features.ts';
import { trainRouter } from '../lib/train/train-router.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sets: { type: 'string', default: 'mixed-2024,routerbench-subset,ulab-llmrouter,mmlu-pro,routellm' },
    estimators: { type: 'string', default: 'ipr,knn,ridge' },
    seeds: { type: 'string', default: '3' },
    features: { type: 'string', default: defaultFeatures.join(',') },
    json: { type: 'boolean' },
  },
});
const folder = positionals[0];
if (folder === undefined) throw new Error('name the folder that holds the data sets');

interface Result {
  readonly set: string;
  readonly estimator: string;
  readonly seed: number;
  readonly seconds: number;
  readonly test: Evaluation;
}

const out = mkdtempSync(join(tmpdir(), 'pointsman-bench-'));
const results: Result[] = [];
for (const set of values.sets.split(',')) {
  for (const estimator of values.estimators.split(',')) {
    for (let seed = 0; seed < Number(values.seeds); seed++) {
      const data = [join(folder, set, 'prompts.jsonl.gz')];
      const start = performance.now();
      const trained = await trainRouter({
        data,
        out: join(out, 'router'),
        estimator: estimator as TrainedKind,
        seed,
        features: checkFeatures(values.features.split(',')),
      });
      const seconds = (performance.now() - start) / 1000;
      if (trained.test === null) throw new Error(`${set}: no test rows`);
      results.push({ set, estimator, seed, seconds, test: trained.test });
      console.error(
        `${set} ${estimator} seed ${seed}: ${seconds.toFixed(1)} s, gapClosed ${percent(trained.test.gapClosed)}`,
      );
    }
  }
}
rmSync(out, { recursive: true });
if (values.json) console.log(JSON.stringify(results, null, 2));
else console.log(renderTable(head(), summarise(), [2, 3, 4, 6, 7, 8]));

function head(): string[] {
  return [
    'set',
    'estimator',
    'test rows',
    'gapClosed',
    'seed 0',
    '95 % of seed 0',
    'CSR@1',
    'CSR@0.99',
    'CSR@0.95',
  ];
}

/** One line a set and estimator: the mean over seeds, which also split the rows anew; the interval of seed 0. */
function summarise(): string[][] {
  const names = [...new Set(results.map(({ set, estimator }) => `${set}\n${estimator}`))];
  const groups = names.map((name) => results.filter(({ set, estimator }) => name === `${set}\n${estimator}`));
  return groups.flatMap((runs) => {
    const [first] = runs;
    if (first === undefined) return [];
    const interval = first.test.figures.gapClosed?.interval;
    return [
      [
        first.set,
        first.estimator,
        String(first.test.rows),
        percent(mean(runs.map(({ test }) => test.gapClosed))),
        percent(first.test.gapClosed),
        interval ? interval.map(percent).join(' .. ') : '',
        ...(['1', '0.99', '0.95'] as const).map((level) => savings(runs, level)),
      ],
    ];
  });
}

/** Mean saving and mean share of the best model's quality that it kept, over the seeds whose validation rows reached the level. */
function savings(runs: readonly Result[], level: '1' | '0.99' | '0.95'): string {
  const choices = runs.flatMap(({ test }) => test.csrChoices[level] ?? []);
  if (choices.length === 0) return 'not reached';
  const reached = choices.length < runs.length ? `, ${choices.length}/${runs.length} seeds` : '';
  const kept = mean(choices.map(({ qualityShare }) => qualityShare));
  return `${percent(mean(choices.map(({ saving }) => saving)))} (kept ${percent(kept)}${reached})`;
}

function mean(values: readonly (number | null)[]): number {
  const known = values.filter((value) => value !== null);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? 'none' : `${(100 * share).toFixed(1)} %`;
}
