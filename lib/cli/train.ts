import { Command, Option } from 'commander';
import type { FeatureName, TextViewName } from '../../bindings/addon.ts';
import { defaultFeatures, defaultMaxTokens, defaultView } from '../artifact/encoder-files.ts';
import type { TrainedKind } from '../estimator/estimator.ts';
import { defaultEstimator, estimatorKinds } from '../estimator/registry.ts';
import { renderEvaluation } from '../evaluate/render.ts';
import { renderPolicyNetwork } from '../evaluate/render-policy-network.ts';
import type { Backend } from '../options.ts';
import { checkFeatures } from '../pool/features.ts';
import { renderSelection } from '../train/auto-table.ts';
import type { TrainedRouter } from '../train/train-router.ts';
import { backendOption, parseList, parseNumber } from './arguments.ts';
import { describePolicy, Progress, printJson, printResult } from './output.ts';

interface TrainFlags {
  readonly data: readonly string[];
  readonly out: string;
  readonly estimator: TrainedKind | 'auto';
  readonly models?: string;
  readonly encoder?: string;
  readonly backend: Backend;
  readonly maxTokens: number;
  readonly view: TextViewName;
  readonly features: readonly FeatureName[];
  readonly seed: number;
  readonly folds?: number;
  readonly heldFolds?: number;
  readonly quizBank: number;
  readonly test: number;
  readonly policyNetwork?: boolean;
  readonly cache: boolean;
  readonly json?: boolean;
}

export function trainCommand(): Command {
  return new Command('train')
    .description('train a router from prompts with measured scores and write it to a folder')
    .requiredOption('-d, --data <file...>', 'JSONL, CSV (each also .gz) or Parquet')
    .requiredOption('-o, --out <dir>', 'router folder to write; an older router there is replaced')
    .addOption(
      new Option('-e, --estimator <kind>', 'quality estimator; auto compares all kinds on the data')
        .choices(['auto', ...estimatorKinds])
        .default(defaultEstimator),
    )
    .option('-m, --models <file>', 'models.json with prices or providers (default: the one beside the data)')
    .option('--encoder <dir>', 'encoder folder (default: the installed all-MiniLM-L6-v2)')
    .addOption(backendOption())
    .option(
      '--max-tokens <n>',
      'tokens read of each prompt, special ones included',
      parseNumber,
      defaultMaxTokens,
    )
    .addOption(
      new Option('--view <view>', 'what is read of a longer prompt')
        .choices(['head', 'head-focus-tail'])
        .default(defaultView),
    )
    .addOption(
      new Option('--features <list>', 'what predictions are made from: embedding, tokens, surface')
        .argParser((text) => checkFeatures(parseList(text)))
        .default(defaultFeatures, defaultFeatures.join(',')),
    )
    .option('-s, --seed <n>', 'same seed, same router', parseNumber, 0)
    .option(
      '--folds <n>',
      'parts that the rows are cut into: settings come from predictions of each part by the others (default: 4; of more than 40,000 rows one part of about 20,000)',
      parseNumber,
    )
    .option(
      '--held-folds <n>',
      'how many of the parts are held out, each costs a training (default: all)',
      parseNumber,
    )
    .option('--test <share>', 'share of the rows kept aside to report on', parseNumber, 0.2)
    .option(
      '--quiz-bank <n>',
      'write so many training prompts into the router for "pointsman quiz", where their licence lets you',
      parseNumber,
      0,
    )
    .option(
      '--policy-network',
      'also train a policy network for preferences (estimator irt), and compare it with the policy utility',
    )
    .option('--no-cache', 'do not keep embeddings on disk')
    .option('--json', 'print the manifest (with the comparison of auto) and both evaluations as JSON')
    .action(async (flags: TrainFlags) => {
      const { trainRouter } = await import('../train/train-router.ts'); // data readers: not for every command
      const progress = new Progress();
      const command = ['pointsman', ...process.argv.slice(2)].join(' ');
      const trained = await trainRouter({
        ...flags,
        command,
        onProgress: ({ stage, done, total }) => progress.update(stage, done, total),
      }).finally(() => progress.done());
      if (flags.json) printJson(trained);
      else printResult(render(trained, flags.out));
    });
}

function render({ manifest, validation, test }: TrainedRouter, out: string): string {
  const { rows, folds, heldFolds = folds } = manifest.data;
  const held = heldFolds === folds ? `in ${folds} folds` : `${heldFolds} of ${folds} parts held out,`;
  return [
    ...(manifest.selection === undefined ? [] : [renderSelection(manifest.selection), '']),
    `${manifest.estimator.kind} over ${manifest.models.length} models, written to ${out}`,
    `rows: ${rows.train} to train on, ${held} and ${rows.test} to test on`,
    `default policy: ${describePolicy(manifest.defaults.policy)}, the cheapest within 1 % of the best single model on the rows held out, or the best there`,
    ...describeNetwork(manifest),
    '',
    test === null
      ? 'training rows that were held out (settings were chosen on them)'
      : 'test rows (settings chosen on training rows that were held out)',
    renderEvaluation(test ?? validation),
  ].join('\n');
}

function describeNetwork({ policyNetwork }: TrainedRouter['manifest']): string[] {
  return policyNetwork === undefined ? [] : [renderPolicyNetwork(policyNetwork)];
}
