import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { estimatorKinds } from '../lib/estimator/registry.ts';
import { type Bench, type FigureGroup, quantile } from './harness.ts';

/** What one process measured. */
export interface TrainingRun {
  readonly rows: number;
  /** Of them, those that were predicted by estimators which were not trained on them. */
  readonly heldRows: number;
  readonly models: number;
  readonly seconds: number;
  /** On all threads; on a machine that others use, what the training itself takes. */
  readonly cpuSeconds: number;
  /** Resident before training, the data included; and the highest until it ended. */
  readonly dataMb: number;
  readonly peakMb: number;
  /** Routing error on test rows by the constant estimator's. */
  readonly errorShare: number;
  /** One prompt through the native head. */
  readonly headMs: number;
}

/** `runs` at most: of three the median is robust; on larger tables one run takes minutes. */
const sets = [
  { set: 'mixed-2024', runs: 3 },
  { set: 'routellm', runs: 1 },
  { set: 'planted', runs: 1 },
] as const;

const child = fileURLToPath(new URL('training-child.ts', import.meta.url));

/** How long each kind of estimator trains and how much memory that takes, on real sets and on a made-up large one. */
export const trainingBench: Bench = {
  name: 'training',
  description: 'time and memory to train each estimator as `pointsman train` does, the features given',
  async *groups({ data, rounds }) {
    for (const { set, runs } of sets) {
      if (set !== 'planted' && (data === null || !existsSync(join(data, set)))) continue;
      yield measureSet(set, Math.min(runs, rounds), data ?? '');
    }
  },
};

function measureSet(set: string, count: number, data: string): FigureGroup {
  const results = estimatorKinds.map((kind) => ({
    kind,
    runs: Array.from({ length: count }, () => runChild(set, kind, data)),
  }));
  const first = results[0]?.runs[0];
  return {
    title: `${set}: ${first?.rows} training rows, ${first?.heldRows} of them held out in turn, ${first?.models} models`,
    figures: results.map(({ kind, runs }) => {
      const median = (name: keyof TrainingRun) =>
        quantile(
          runs.map((run) => run[name]),
          0.5,
        );
      return {
        name: kind,
        values: {
          'training s': median('seconds'),
          'CPU s': median('cpuSeconds'),
          'peak MB': median('peakMb'),
          'of it before training MB': median('dataMb'),
          'test error by the constant': median('errorShare'),
          'head ms a prompt': median('headMs'),
        },
      };
    }),
    notes: [
      `medians of ${count} ${count === 1 ? 'run' : 'runs'}, each a process of its own; features are given`,
      'an estimator with a higher routing error on test rows than the constant fails the bench',
    ],
  };
}

function runChild(set: string, kind: string, data: string): TrainingRun {
  process.stderr.write(`  ${set} ${kind}\n`);
  const output = execFileSync(process.execPath, ['--import', 'tsx', child, set, kind, data], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output) as TrainingRun;
}
