import { Command, Option } from 'commander';
import { renderEvaluation } from '../evaluate/render.ts';
import type { Backend } from '../options.ts';
import type { SweptPolicyKind } from '../policy/policy.ts';
import { defaultRouterFolder } from '../router.ts';
import type { RowChoice } from '../train/evaluate-router.ts';
import { backendOption, parseNumber } from './arguments.ts';
import { Progress, printJson, printResult } from './output.ts';

interface EvalFlags {
  readonly router?: string;
  readonly data: readonly string[];
  readonly rows: RowChoice;
  readonly models?: string;
  readonly encoder?: string;
  readonly backend: Backend;
  readonly policy: SweptPolicyKind;
  readonly resamples: number;
  readonly cache: boolean;
  readonly json?: boolean;
}

export function evalCommand(): Command {
  return new Command('eval')
    .description('hold a router against measured prompts, beside its controls')
    .option('-r, --router <dir>', 'router folder (default: the one that ships)')
    .requiredOption('-d, --data <file...>', 'JSONL, CSV (each also .gz) or Parquet')
    .addOption(
      new Option('--rows <which>', 'auto: the test rows where this is the training data, else all')
        .choices(['auto', 'all', 'test'])
        .default('auto'),
    )
    .option('-m, --models <file>', "models.json with prices (default: the router's own prices)")
    .option('--encoder <dir>', 'encoder folder (default: the installed all-MiniLM-L6-v2)')
    .addOption(backendOption())
    .addOption(
      new Option('--policy <kind>', 'policy of the headline figures')
        .choices(['utility', 'tolerance'])
        .default('utility'),
    )
    .option('--resamples <n>', 'bootstrap resamples for the intervals, 0 for none', parseNumber, 1000)
    .option('--no-cache', 'do not keep embeddings on disk')
    .option('--json', 'print everything, the curve included, as JSON')
    .action(async ({ json, ...flags }: EvalFlags) => {
      const { evaluateRouter } = await import('../train/evaluate-router.ts'); // data readers: not for every command
      const progress = new Progress();
      const evaluation = await evaluateRouter({
        ...flags,
        router: flags.router ?? defaultRouterFolder(),
        onProgress: ({ stage, done, total }) => progress.update(stage, done, total),
      }).finally(() => progress.done());
      if (json) printJson(evaluation);
      else printResult(renderEvaluation(evaluation));
    });
}
