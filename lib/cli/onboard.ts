import { Command } from 'commander';
import type { Backend } from '../options.ts';
import type { OnboardedRouter } from '../train/onboard-model.ts';
import { backendOption, parseNumber } from './arguments.ts';
import { Progress, printJson, printResult } from './output.ts';

interface OnboardFlags {
  readonly router: string;
  readonly model: string;
  readonly data: readonly string[];
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
    .requiredOption(
      '-d, --data <file...>',
      'JSONL, CSV (each also .gz) or Parquet with scores of the new model',
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
    .action(async ({ json, ...flags }: OnboardFlags) => {
      const { onboardModel } = await import('../train/onboard-model.ts'); // data readers: not for every command
      const progress = new Progress();
      const onboarded = await onboardModel({
        ...flags,
        command: ['pointsman', ...process.argv.slice(2)].join(' '),
        onProgress: ({ stage, done, total }) => progress.update(stage, done, total),
      }).finally(() => progress.done());
      if (json) printJson(onboarded);
      else printResult(render(onboarded, flags));
    });
}

function render(onboarded: OnboardedRouter, { model, out }: OnboardFlags): string {
  const { manifest, rows, heldOut, adapterShare, changedDecisions, seconds } = onboarded;
  const fit =
    adapterShare === 0
      ? "from the old models' predictions alone; cross-validation found no use for an adapter"
      : `an adapter counts for ${percent(adapterShare)}, the old models' predictions for the rest`;
  const errors = (name: string, { mae, brier }: { readonly mae: number; readonly brier: number }) =>
    `  ${name.padEnd(36)} ${mae.toFixed(3)}  ${brier.toFixed(3)}`;
  return [
    `${model} added to ${manifest.models.length - 1} models, written to ${out}`,
    `${rows} prompts; ${fit}`,
    '',
    `${'held-out prompts, by cross-validation'.padEnd(38)}   MAE  Brier`,
    errors(model, heldOut.model),
    errors('its mean for every prompt', heldOut.constantMean),
    errors(`nearest old model, ${heldOut.nearest}`, heldOut.nearestOld),
    '',
    `decisions among the old models changed: ${percent(changedDecisions)} of ${rows} prompts`,
    `${seconds.toFixed(1)} s`,
  ].join('\n');
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}
