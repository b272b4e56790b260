import { Command } from 'commander';
import { comparisonCsv } from '../evaluate/csv.ts';
import { renderComparison } from '../evaluate/render-comparison.ts';
import { addEvaluationOptions, type EvaluationFlags } from './evaluation-options.ts';
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
  return addEvaluationOptions(command).action(async ({ json, csv, router, ...flags }: CompareFlags) => {
    // Data readers and file writers: not for every command.
    const { compareRouters } = await import('../train/compare-routers.ts');
    const { writeFileAtomically } = await import('../artifact/atomic-file.ts');
    const progress = new Progress();
    const comparison = await compareRouters({
      ...flags,
      routers: router,
      onProgress: ({ stage, done, total }) => progress.update(stage, done, total),
    }).finally(() => progress.done());
    if (json) printJson(comparison);
    else printResult(renderComparison(comparison));
    // After the result is out: a full disk must not take it along.
    if (csv !== undefined) await writeFileAtomically(csv, comparisonCsv(comparison));
  });
}
