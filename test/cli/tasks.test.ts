import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listTasks } from '../../lib/train/list-tasks.ts';
import { trainRouter } from '../../lib/train/train-router.ts';
import { temporaryFolder } from '../support/tiny-router.ts';
import { pointsman } from './run.ts';

let folder: ReturnType<typeof temporaryFolder>;
const at = (name: string) => join(folder.path, name);
beforeAll(() => {
  folder = temporaryFolder();
  process.env.POINTSMAN_CACHE_DIR = at('cache');
  const rows = Array.from({ length: 160 }, (_, i) => ({
    id: `q${i}`,
    prompt:
      i % 2 === 0
        ? `Write a poem of ${i} verses about rivers and winter.`
        : `Write a Python function number ${i} that sorts a list.`,
    source: i % 2 === 0 ? 'poems' : 'code',
    scores: { poet: i % 2 === 0 ? 1 : 0, coder: i % 2, both: i % 5 > 0 ? 1 : 0 },
    outputTokens: 100,
  }));
  writeFileSync(at('scores.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
  writeFileSync(at('prompts.jsonl'), rows.map(({ id, prompt }) => JSON.stringify({ id, prompt })).join('\n'));
  const prices = ['poet', 'coder', 'both'].map((id) => ({ id, inputPer1M: 1, outputPer1M: 2 }));
  writeFileSync(at('models.json'), JSON.stringify(prices));
  const train = (kind: string) =>
    pointsman([
      'train',
      '--data',
      at('scores.jsonl'),
      '--out',
      at(kind),
      '--estimator',
      kind,
      '--folds',
      '2',
    ]);
  const trained = train('task-moe');
  expect(trained.stderr).not.toMatch(/^pointsman: /m);
  expect(trained.status).toBe(0);
  train('ridge');
});
afterAll(() => folder.clean());

describe('pointsman tasks', () => {
  it('lists what each task is about, its best models and what they cost, without the data', () => {
    const { status, stdout } = pointsman(['tasks', '--router', at('task-moe')]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/poem.*poet \(0\.9/);
    expect(stdout).toMatch(/python.*coder \(0\.9/);
    expect(stdout).toMatch(/\$0\.0002/);
    expect(stdout).not.toContain('surest of');
  });

  it('shows typical prompts of the data, which may lack scores', () => {
    const args = ['--router', at('task-moe'), '--data', at('prompts.jsonl'), '--prompts', '1'];
    const { status, stdout } = pointsman(['tasks', ...args]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/task \d, prompts it is surest of:\n {2}Write a (poem|Python function)/);
  });

  it('prints JSON whose tasks sum up to the rows', () => {
    const { stdout } = pointsman([
      'tasks',
      '--router',
      at('task-moe'),
      '--data',
      at('prompts.jsonl'),
      '--json',
    ]);
    const { tasks } = JSON.parse(stdout);
    const sum = (of: (task: { rows: number; found: number }) => number) =>
      tasks.reduce((total: number, task: { rows: number; found: number }) => total + of(task), 0);
    expect(tasks.length).toBeGreaterThan(1);
    expect(sum(({ rows }) => rows)).toBeGreaterThan(100);
    expect(sum(({ found }) => found)).toBeLessThanOrEqual(160);
    expect(tasks[0].models.map(({ model }: { model: string }) => model).sort()).toEqual([
      'both',
      'coder',
      'poet',
    ]);
  });

  it('says which routers have tasks', () => {
    const { status, stderr } = pointsman(['tasks', '--router', at('ridge')]);
    expect(status).toBe(1);
    expect(stderr).toContain(
      'is a router of kind ridge, which has no tasks: train one with --estimator task-moe',
    );
  });

  it('is in the report', () => {
    const page = at('page.html');
    const args = ['--router', at('task-moe'), '--data', at('scores.jsonl'), '--html', page, '--json'];
    const { stdout } = pointsman(['eval', ...args]);
    const [first] = JSON.parse(stdout).tasks;
    expect(first.keywords.length).toBeGreaterThan(0);
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('<h2>Tasks</h2>');
    expect(html).toContain(first.keywords.join(', '));
  });
});

describe('describe', () => {
  const options = { estimator: 'task-moe', folds: 2 } as const;
  const train = (describePrompts: (prompts: readonly string[]) => readonly string[], out: string) =>
    trainRouter({ ...options, data: [at('scores.jsonl')], out: at(out), describe: describePrompts });

  it('makes tasks of what the caller says of the training prompts', async () => {
    const asked: string[] = [];
    const { manifest } = await train((prompts) => {
      asked.push(...prompts);
      // By number, whatever the prompt is about.
      return prompts.map((prompt) =>
        Number(/\d+/.exec(prompt)?.[0]) % 4 < 2
          ? 'arithmetic with fractions'
          : 'a letter to a friend in Rome',
      );
    }, 'described');
    expect(asked).toHaveLength(manifest.data.rows.train);
    const tasks = await listTasks({ router: at('described') });
    const plain = await listTasks({ router: at('task-moe') });
    // Each described task holds poems and code alike, so no single model is right on nearly all of it.
    const best = (of: typeof tasks) => Math.max(...of.map(({ models }) => models[0]?.quality ?? 0));
    expect(best(tasks)).toBeLessThan(best(plain));
  });

  it('must answer with a text for each prompt', async () => {
    await expect(train(() => ['one'], 'x')).rejects.toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARGUMENT',
        message: 'describe: expected a text, not empty, for each of 32 prompts, got 1 values',
      }),
    );
    await expect(train((prompts) => prompts.map(() => ''), 'x')).rejects.toThrow(
      'describe: expected a text, not empty, for each of 32 prompts, got 32 values, of which some are not',
    );
  });

  it('is refused where the estimator has no tasks', async () => {
    const trained = trainRouter({
      data: [at('scores.jsonl')],
      out: at('x'),
      estimator: 'ridge',
      describe: (prompts) => prompts,
    });
    await expect(trained).rejects.toThrow('describe: estimators of kind ridge have no tasks');
  });
});
