import { Command } from 'commander';
import type { Backend } from '../options.ts';
import { renderTable } from '../plain-table.ts';
import { defaultRouterFolder } from '../router.ts';
import type { RouterTask } from '../train/list-tasks.ts';
import { backendOption, parseNumber } from './arguments.ts';
import { formatUsd, Progress, printJson, printResult } from './output.ts';

interface TasksFlags {
  readonly router?: string;
  readonly data?: readonly string[];
  readonly prompts: number;
  readonly encoder?: string;
  readonly backend: Backend;
  readonly cache: boolean;
  readonly json?: boolean;
}

/** Models that are named of each task, and characters that are shown of a prompt. */
const named = 3;
const shownCharacters = 100;

export function tasksCommand(): Command {
  return new Command('tasks')
    .description(
      'print the latent tasks of a router of kind task-moe: what they are about and who is good at them',
    )
    .option('-r, --router <dir>', 'router folder (default: the one that ships)')
    .option(
      '-d, --data <file...>',
      'also print typical prompts of these files: JSONL (scores may be missing), CSV (each also .gz) or Parquet',
    )
    .option('--prompts <n>', 'typical prompts of each task', parseNumber, 3)
    .option('--encoder <dir>', 'encoder folder (default: the installed all-MiniLM-L6-v2)')
    .addOption(backendOption())
    .option('--no-cache', 'do not keep embeddings on disk')
    .option('--json', 'print as JSON, with all models of each task')
    .action(async ({ json, router, ...flags }: TasksFlags) => {
      const { listTasks } = await import('../train/list-tasks.ts'); // data readers: not for every command
      const progress = new Progress();
      const tasks = await listTasks({
        ...flags,
        router: router ?? defaultRouterFolder(),
        onProgress: ({ stage, done, total }) => progress.update(stage, done, total),
      }).finally(() => progress.done());
      if (json) printJson({ tasks });
      else printResult(render(tasks));
    });
}

function render(tasks: readonly RouterTask[]): string {
  const hasData = tasks.some(({ found }) => found !== null);
  const head = [
    'task',
    'prompts',
    ...(hasData ? ['in the data'] : []),
    'words',
    'best models',
    'candidates',
    'cost of the best',
  ];
  const lines = tasks.map(({ task, rows, found, keywords, models }) => [
    String(task),
    String(rows),
    ...(hasData ? [String(found)] : []),
    keywords.join(', '),
    models
      .slice(0, named)
      .map(({ model, quality }) => `${model} (${quality.toFixed(2)})`)
      .join(', '),
    String(models.filter(({ isCandidate }) => isCandidate).length),
    costOf(models[0]?.costUsd ?? null),
  ]);
  const numbers = hasData ? [0, 1, 2, 5, 6] : [0, 1, 4, 5];
  return [
    renderTable(head, lines, numbers),
    ...tasks.flatMap(showPrompts),
    '',
    'quality: mean score on the task’s training prompts, drawn to the mean over all; candidates have a part of the network of their own there',
  ].join('\n');
}

function costOf(usd: number | null): string {
  return usd === null ? '' : formatUsd(usd);
}

function showPrompts({ task, prompts }: RouterTask): string[] {
  if (prompts.length === 0) return [];
  const shown = prompts.map(
    (prompt) => `  ${prompt.replaceAll(/\s+/g, ' ').trim().slice(0, shownCharacters)}`,
  );
  return ['', `task ${task}, prompts it is surest of:`, ...shown];
}
