import { Command } from 'commander';
import { PointsmanError } from '../errors.ts';
import type { Backend } from '../options.ts';
import { renderTable } from '../plain-table.ts';
import type { OnboardedRouter } from '../train/onboard-model.ts';
import { backendOption, parseNumber } from './arguments.ts';
import { Progress, printJson, printResult } from './output.ts';

interface OnboardFlags {
  readonly router: string;
  readonly model: string;
  readonly data?: readonly string[];
  readonly quiz?: readonly string[];
  readonly out: string;
  readonly models?: string;
  readonly encoder?: string;
  readonly backend: Backend;
  readonly seed: number;
  readonly cache: boolean;
  readonly json?: boolean;
}

export function onboardCommand(): Command {
  return new Command('onboard')
    .description(
      'add a model to a trained router from a few prompts it was scored on; old models stay as they are',
    )
    .requiredOption('-r, --router <dir>', 'router folder to start from; it is not changed')
    .requiredOption('--model <id>', 'the new model, as the data names it')
    .option('-d, --data <file...>', 'JSONL, CSV (each also .gz) or Parquet with scores of the new model')
    .option(
      '--quiz <file...>',
      'in place of --data: answers to a quiz, from which a router of kind irt learns the identity alone',
    )
    .requiredOption('-o, --out <dir>', 'router folder to write; an older router there is replaced')
    .option(
      '-m, --models <file>',
      'models.json with its price or provider (default: the one beside the data)',
    )
    .option('--encoder <dir>', 'encoder folder (default: the installed all-MiniLM-L6-v2)')
    .addOption(backendOption())
    .option('-s, --seed <n>', 'same seed, same router', parseNumber, 0)
    .option('--no-cache', 'do not keep embeddings on disk')
    .option('--json', 'print the manifest and the figures as JSON')
    .action(async ({ json, quiz, ...flags }: OnboardFlags) => {
      const data = answersOf(quiz, flags.data);
      const { onboardModel } = await import('../train/onboard-model.ts'); // data readers: not for every command
      const progress = new Progress();
      const onboarded = await onboardModel({
        ...flags,
        data,
        quiz: quiz !== undefined,
        command: ['pointsman', ...process.argv.slice(2)].join(' '),
        onProgress: ({ stage, done, total }) => progress.update(stage, done, total),
      }).finally(() => progress.done());
      if (json) printJson(onboarded);
      else printResult(render(onboarded, flags));
    });
}

function answersOf(
  quiz: readonly string[] | undefined,
  data: readonly string[] | undefined,
): readonly string[] {
  const given = quiz ?? data;
  if (given !== undefined && (quiz === undefined || data === undefined)) return given;
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    'name either --data, prompts that the new model was scored on, or --quiz, its answers to "pointsman quiz"',
  );
}

function render(onboarded: OnboardedRouter, { model, out }: OnboardFlags): string {
  const { manifest, rows, heldOut, changedDecisions, seconds } = onboarded;
  const errors = [
    [model, heldOut.model],
    ['its mean for every prompt', heldOut.constantMean],
    [`nearest old model, ${heldOut.nearest}`, heldOut.nearestOld],
  ] as const;
  return [
    `${model} added to ${manifest.models.length - 1} models, written to ${out}`,
    `${rows} prompts; ${describeFit(onboarded)}`,
    '',
    renderTable(
      ['held-out prompts, by cross-validation', 'MAE', 'Brier'],
      errors.map(([name, { mae, brier }]) => [name, mae.toFixed(3), brier.toFixed(3)]),
      [1, 2],
    ),
    '',
    `decisions among the old models changed: ${percent(changedDecisions)} of ${rows} prompts`,
    `${seconds.toFixed(1)} s`,
  ].join('\n');
}

function describeFit({ adapterShare, deviation }: OnboardedRouter): string {
  if (deviation !== null) {
    return `placed among the old models by its identity; its predictions are sure to ± ${deviation.toFixed(3)} (one standard deviation)`;
  }
  const alone = "predicted from the old models' predictions";
  if (adapterShare === null) return `${alone}, too few prompts to try an adapter`;
  if (adapterShare === 0) return `${alone}, an adapter did not help`;
  return `an adapter counts for ${percent(adapterShare)}, the old models' predictions for the rest`;
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}
