import { Command } from 'commander';
import { renderTable } from '../plain-table.ts';
import type { Difference, Verdict } from '../refit/judge-refit.ts';
import type { ModelRefit } from '../refit/refit-estimator.ts';
import type { RefittedRouter } from '../train/refit-router.ts';
import { formatUsd, Progress, printJson, printResult } from './output.ts';

interface RefitFlags {
  readonly router: string;
  readonly feedback: string;
  readonly out: string;
  readonly json?: boolean;
}

/** Exit status of a refit that was not kept: neither a success nor a failure. */
const notKept = 3;

export function refitCommand(): Command {
  return new Command('refit')
    .description(
      'correct a router by the scores that Router.feedback was told; kept only where it is better on the last of them (else exit status 3)',
    )
    .requiredOption('-r, --router <dir>', 'router folder to start from')
    .requiredOption('-f, --feedback <dir>', 'folder of the feedback store; a service may go on writing it')
    .requiredOption('-o, --out <dir>', 'router folder to write; an older router there is replaced')
    .option('--json', 'print the judgement and the figures as JSON')
    .action(async ({ json, ...flags }: RefitFlags) => {
      const { refitRouter } = await import('../train/refit-router.ts'); // the database: not for every command
      const progress = new Progress();
      const refitted = await refitRouter({
        ...flags,
        command: ['pointsman', ...process.argv.slice(2)].join(' '),
        onProgress: ({ stage, done, total }) => progress.update(stage, done, total),
      }).finally(() => progress.done());
      if (json) printJson(refitted);
      else printResult(render(refitted, flags));
      if (!refitted.kept) process.exitCode = notKept;
    });
}

const verdicts: Readonly<Record<Verdict, string>> = {
  kept: 'better on held-out feedback',
  'no-gain': 'no better on held-out feedback than the router as it is',
  'worse-predictions': 'predictions are worse on held-out feedback',
  'worse-routing': 'routing is worth less on held-out feedback',
};

function render(refitted: RefittedRouter, { out }: RefitFlags): string {
  const { kept, judgement, models, learnt, skipped, stale, seconds } = refitted;
  const { feedback, effective, logLoss, brier, value, costUsd, changed } = judgement;
  const left = skipped.otherEncoder + skipped.otherModel;
  return [
    kept
      ? `kept: ${verdicts.kept}; written to ${out}`
      : `not kept: ${verdicts[judgement.verdict]}; nothing was written`,
    `learnt from ${learnt} scored decisions, judged on the ${feedback} after them (worth ${effective.toFixed(0)} of equal weight)${left > 0 ? `; ${left} more are of other routers` : ''}`,
    '',
    renderTable(
      ['held-out feedback', 'new - old', '98 % from', 'to'],
      [
        ['log loss (lower is better)', ...numbers(logLoss)],
        ['Brier score (lower is better)', ...numbers(brier)],
        ['value of routing (higher is better)', ...numbers(value)],
      ],
      [1, 2, 3],
    ),
    `decisions that go to another model: ${percent(changed)}; mean predicted cost ${costUsd < 0 ? '-' : '+'}${formatUsd(Math.abs(costUsd))} a request`,
    '',
    renderTable(['model', 'scores', 'worth', 'its past'], models.map(describeModel), [1, 2]),
    ...(stale.length === 0
      ? []
      : ['', `earlier scores no longer count as evidence for intervals and guards: ${stale.join(', ')}`]),
    `${seconds.toFixed(1)} s`,
  ].join('\n');
}

function numbers({ mean, interval: [low, high] }: Difference): string[] {
  return [mean, low, high].map((number) => number.toFixed(4));
}

function describeModel({ model, feedback, effective, setting }: ModelRefit): string[] {
  return [model, String(feedback), effective.toFixed(0), describePast(setting)];
}

function describePast(setting: ModelRefit['setting']): string {
  if (setting === null) return 'as it was trained';
  if (setting.keep === 1) return 'corrected by all scores alike';
  const halfLife = Math.log(0.5) / Math.log(setting.keep);
  return `changed: a score counts half after ${halfLife.toFixed(0)} more`;
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}
