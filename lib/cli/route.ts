import { Command } from 'commander';
import type { Candidate, Decision } from '../decision.ts';
import type { Backend, RouteOptions } from '../options.ts';
import { renderTable } from '../plain-table.ts';
import { Router } from '../router.ts';
import { backendOption, parseList, parseNumber, readTextArgument } from './arguments.ts';
import { formatUsd, printJson, printResult } from './output.ts';

interface RouteFlags {
  readonly tolerance?: number;
  readonly costWeight?: number;
  readonly router?: string;
  readonly encoder?: string;
  readonly backend: Backend;
  readonly candidates?: readonly string[];
  readonly maxCost?: number;
  readonly json?: boolean;
}

export function routeCommand(): Command {
  return new Command('route')
    .description('choose a model for one prompt and print the decision')
    .argument('<prompt>', 'the prompt, or - to read it from standard input')
    .option(
      '-t, --tolerance <t>',
      'how far below the best predicted quality is good enough, 0 to 1',
      parseNumber,
    )
    .option('--cost-weight <w>', 'instead of a tolerance: the quality one USD must buy', parseNumber)
    .option('-r, --router <dir>', 'router folder (default: the one that ships)')
    .option('--encoder <dir>', 'encoder folder (default: the installed all-MiniLM-L6-v2)')
    .addOption(backendOption())
    .option('-c, --candidates <a,b>', 'choose among these models only', parseList)
    .option('--max-cost <usd>', 'never choose a model predicted to cost more', parseNumber)
    .option('--json', 'print the decision as JSON')
    .action(async (argument: string, flags: RouteFlags) => {
      const prompt = await readTextArgument(argument);
      await using router = await Router.load(flags.router, {
        lanes: 1,
        backend: flags.backend,
        // One prompt on a cold start, and nobody in a hurry: the answer, however long it takes.
        deadlineMs: Number.POSITIVE_INFINITY,
        ...(flags.encoder === undefined ? {} : { encoder: flags.encoder }),
      });
      const decision = await router.route(prompt, routeOptions(flags));
      if (flags.json) printJson(decision);
      else printResult(renderDecision(decision));
      if (decision.kind === 'rejected') process.exitCode = 1;
    });
}

function routeOptions(flags: RouteFlags): RouteOptions {
  return {
    ...(flags.tolerance === undefined ? {} : { tolerance: flags.tolerance }),
    ...(flags.costWeight === undefined ? {} : { costWeight: flags.costWeight }),
    ...(flags.candidates === undefined ? {} : { candidates: flags.candidates }),
    ...(flags.maxCost === undefined ? {} : { maxCostUsd: flags.maxCost }),
  };
}

/** The decision for people: the chosen model, why, and a table of every candidate, best quality first. */
export function renderDecision(decision: Decision): string {
  if (decision.kind === 'fallback') {
    return `${decision.model}\n  fallback: ${decision.cause.code}: ${decision.cause.message}`;
  }
  const chosen = decision.kind === 'routed' ? decision.model : null;
  const headline = decision.kind === 'rejected' ? `rejected (${decision.code})` : decision.model;
  const threshold = decision.kind === 'routed' ? decision.threshold : null;
  const rows = decision.candidates
    .toSorted((a, b) => b.quality - a.quality)
    .map((candidate) => [
      candidate.model === chosen ? '>' : '',
      candidate.model,
      candidate.quality.toFixed(3),
      formatUsd(candidate.costUsd),
      candidate.model === chosen ? 'chosen' : whyNot(candidate, threshold),
    ]);
  const { inputTokens, timings } = decision;
  const counted = `${inputTokens.exact ? '' : 'about '}${inputTokens.count} tokens, ${inputTokens.encoded} encoded`;
  return [
    headline,
    `  ${decision.reason}`,
    '',
    renderTable(['', 'model', 'quality', 'cost', ''], rows, [2, 3]),
    '',
    `${counted}; ${timings.laneMs.toFixed(1)} ms in the lane, ${timings.totalMs.toFixed(1)} ms in all`,
  ].join('\n');
}

function whyNot(candidate: Candidate, threshold: number | null): string {
  const { excluded } = candidate;
  if (excluded?.kind === 'not-a-candidate') return 'not a candidate';
  if (excluded?.kind === 'over-max-cost') return `over ${formatUsd(excluded.maxCostUsd)}`;
  if (threshold !== null && candidate.quality < threshold) return 'quality below threshold';
  return threshold === null ? 'lower utility' : 'dearer';
}
