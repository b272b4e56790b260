import { basename, resolve } from 'node:path';
import { Command } from 'commander';
import { evaluationCsv } from '../evaluate/csv.ts';
import { renderEvaluation } from '../evaluate/render.ts';
import { renderLeftOut } from '../evaluate/render-left-out.ts';
import type { Report } from '../report/report.ts';
import { defaultRouterFolder } from '../router.ts';
import type { RouterEvaluation } from '../train/evaluate-router.ts';
import { addEvaluationOptions, dataName, type EvaluationFlags } from './evaluation-options.ts';
import { Progress, printJson, printResult } from './output.ts';

interface EvalFlags extends EvaluationFlags {
  readonly router?: string;
  readonly leaveSourceOut?: boolean;
}

export function evalCommand(): Command {
  const command = new Command('eval')
    .description('hold a router against measured prompts, beside its controls')
    .option('-r, --router <dir>', 'router folder (default: the one that ships)')
    .option(
      '--leave-source-out',
      'also train one like it for every source, on the others: how it does on new kinds of prompt',
    );
  return addEvaluationOptions(command).action(async ({ json, csv, html, ...flags }: EvalFlags) => {
    // Data readers and file writers: not for every command.
    const { evaluateRouter } = await import('../train/evaluate-router.ts');
    const { writeReports } = await import('./write-reports.ts');
    const router = flags.router ?? defaultRouterFolder();
    const progress = new Progress();
    const evaluation = await evaluateRouter({
      ...flags,
      router,
      onProgress: ({ stage, done, total }) => progress.update(stage, done, total),
    }).finally(() => progress.done());
    if (json) printJson(evaluation);
    else printResult(render(evaluation));
    await writeReports(
      { ...(csv === undefined ? {} : { csv }), ...(html === undefined ? {} : { html }) },
      () => evaluationCsv(evaluation),
      () => reportOf(evaluation, router, flags.data),
    );
  });
}

function render(evaluation: RouterEvaluation): string {
  const { leftOut } = evaluation;
  return [renderEvaluation(evaluation), ...(leftOut === null ? [] : [renderLeftOut(leftOut)])].join('\n');
}

function reportOf(
  { leftOut, poolMap, policyNetwork: _, tasks, ...evaluation }: RouterEvaluation,
  router: string,
  data: readonly string[],
): Omit<Report, 'madeBy'> {
  const name = basename(resolve(router));
  return {
    title: `${name} on ${data.map(dataName).join(', ')}`,
    routers: [{ name, evaluation, differences: null, leftOut, poolMap, tasks }],
    notes: [],
  };
}
