import { Command } from 'commander';
import { comparisonCsv } from '../evaluate/csv.ts';
import { renderComparison } from '../evaluate/render-comparison.ts';
import { addEvaluationOptions, dataName, type EvaluationFlags } from './evaluation-options.ts';
import { Progress, printJson, printResult } from './output.ts';

interface CompareFlags extends EvaluationFlags {
  readonly router: readonly string[];
}

export function compareCommand(): Command {
  const command = new Command('compare')
    .description(
      'hold several routers against the same measured prompts, with paired differences to the first',
    )
    .requiredOption('-r, --router <dir...>', 'router folders, two or more');
  return addEvaluationOptions(command).action(async ({ json, csv, html, router, ...flags }: CompareFlags) => {
    // Data readers and file writers: not for every command.
    const { compareRouters } = await import('../train/compare-routers.ts');
    const { writeReports } = await import('./write-reports.ts');
    const progress = new Progress();
    const comparison = await compareRouters({
      ...flags,
      routers: router,
      onProgress: ({ stage, done, total }) => progress.update(stage, done, total),
    }).finally(() => progress.done());
    if (json) printJson(comparison);
    else printResult(renderComparison(comparison));
    await writeReports(
      { ...(csv === undefined ? {} : { csv }), ...(html === undefined ? {} : { html }) },
      () => comparisonCsv(comparison),
      () => ({
        title: `${comparison.routers.map(({ name }) => name).join(', ')} on ${flags.data.map(dataName).join(', ')}`,
        routers: comparison.routers.map((one) => ({ ...one, leftOut: null, poolMap: null, tasks: null })),
        notes: comparison.notes,
      }),
    );
  });
}
