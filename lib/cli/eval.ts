import { Command } from 'commander';
import { evaluationCsv } from '../evaluate/csv.ts';
import { renderEvaluation } from '../evaluate/render.ts';
import { defaultRouterFolder } from '../router.ts';
import { addEvaluationOptions, type EvaluationFlags } from './evaluation-options.ts';
import { Progress, printJson, printResult } from './output.ts';

interface EvalFlags extends EvaluationFlags {
  readonly router?: string;
}

export function evalCommand(): Command {
  const command = new Command('eval')
    .description('hold a router against measured prompts, beside its controls')
    .option('-r, --router <dir>', 'router folder (default: the one that ships)');
  return addEvaluationOptions(command).action(async ({ json, csv, ...flags }: EvalFlags) => {
    // Data readers and file writers: not for every command.
    const { evaluateRouter } = await import('../train/evaluate-router.ts');
    const { writeFileAtomically } = await import('../artifact/atomic-file.ts');
    const progress = new Progress();
    const evaluation = await evaluateRouter({
      ...flags,
      router: flags.router ?? defaultRouterFolder(),
      onProgress: ({ stage, done, total }) => progress.update(stage, done, total),
    }).finally(() => progress.done());
    if (json) printJson(evaluation);
    else printResult(renderEvaluation(evaluation));
    // After the result is out: a full disk must not take it along.
    if (csv !== undefined) await writeFileAtomically(csv, evaluationCsv(evaluation));
  });
}
