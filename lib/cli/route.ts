import { Command, Option } from 'commander';
import type { Candidate, Decision, RejectedDecision, RoutedDecision } from '../decision.ts';
import { PointsmanError } from '../errors.ts';
import { describeExclusion } from '../exclusion-text.ts';
import { type Explanation, explain, type SettingChange, type SettingValue, whyOrWhyNot } from '../explain.ts';
import { type Modality, modalities } from '../model-facts.ts';
import type { Backend, Device, RouterOptions } from '../options.ts';
import { renderTable } from '../plain-table.ts';
import { type ThresholdStrategy, thresholdStrategies } from '../policy/policy.ts';
import type { PreferenceWord } from '../policy/preference-words.ts';
import { type PreferenceServer, preferenceServers, type RouteOptions } from '../route-options.ts';
import { Router } from '../router.ts';
import { backendOption, deviceOption, parseList, parseNumber, readTextArgument } from './arguments.ts';
import { formatUsd, printJson, printResult } from './output.ts';

interface RouteFlags {
  readonly tolerance?: number;
  readonly strategy?: ThresholdStrategy;
  readonly margin?: number;
  readonly costWeight?: number;
  readonly preference?: string;
  readonly by?: PreferenceServer;
  readonly sample?: boolean;
  readonly guard?: string;
  readonly confidence?: number;
  readonly maxLoss?: number;
  readonly router?: string;
  readonly encoder?: string;
  readonly backend: Backend;
  readonly device: Device;
  readonly candidates?: readonly string[];
  readonly exclude?: readonly string[];
  readonly maxCost?: number;
  readonly requiresTools?: boolean;
  readonly requiresJson?: boolean;
  readonly modality?: readonly Modality[];
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly pin?: string;
  readonly dryRun?: boolean;
  readonly interval?: number;
  readonly explain?: boolean;
  readonly json?: boolean;
}

export function routeCommand(): Command {
  const command = new Command('route')
    .description('choose a model for one prompt and print the decision')
    .argument('<prompt>', 'the prompt, or - to read it from standard input');
  addPolicyFlags(command);
  addConstraintFlags(command);
  return command
    .option('--pin <model>', 'use this model, and show what would have been chosen')
    .option('--dry-run', 'use the anchor or fallback model, and show what would have been chosen')
    .option('--explain', 'print intervals, and at which setting the choice would change')
    .option('--interval <coverage>', 'print intervals of this nominal coverage (default: 0.9)', parseNumber)
    .option('-r, --router <dir>', 'router folder (default: the one that ships)')
    .option('--encoder <dir>', 'encoder folder (default: the installed all-MiniLM-L6-v2)')
    .addOption(backendOption())
    .addOption(deviceOption())
    .option('--json', 'print the decision as JSON, with --explain under "explanation"')
    .action(run);
}

function addPolicyFlags(command: Command): void {
  command
    .option(
      '-t, --tolerance <t>',
      'how far below the best predicted quality is good enough, 0 to 1',
      parseNumber,
    )
    .addOption(
      new Option('--strategy <name>', 'what the tolerance is a share of').choices(thresholdStrategies),
    )
    .option('--margin <delta>', 'lower the quality that the tolerance asks for', parseNumber)
    .option('--cost-weight <w>', 'instead of a tolerance: the quality one USD must buy', parseNumber)
    .option(
      '--preference <p>',
      "instead of a tolerance: best, balanced or cheapest, or what the dearest model's cost counts for beside the best quality",
    )
    .addOption(new Option('--by <server>', 'who serves the preference').choices(preferenceServers))
    .option('--sample', "draw the model by the policy network's probabilities")
    .option('--guard <anchor>', 'instead of a tolerance: leave this model on evidence only')
    .option('--confidence <c>', 'of that evidence (default: 0.95); alone, guards the best model', parseNumber)
    .option(
      '--max-loss <q>',
      'mean quality that leaving may lose (default: 0.01); alone, guards the best model',
      parseNumber,
    );
}

function addConstraintFlags(command: Command): void {
  command
    .option('-c, --candidates <a,b>', 'choose among these models only', parseList)
    .option('-x, --exclude <a,b>', 'never choose these models', parseList)
    .option('--max-cost <usd>', 'never choose a model predicted to cost more', parseNumber)
    .option('--requires-tools', 'only models stated to call tools')
    .option('--requires-json', 'only models stated to have a JSON mode')
    .option('--modality <a,b>', `only models stated to take these: ${modalities.join(', ')}`, parseList)
    .option('--input-tokens <n>', 'tokens of the whole request, where more than the prompt', parseNumber)
    .option('--output-tokens <n>', 'tokens that the answer may need', parseNumber);
}

async function run(argument: string, flags: RouteFlags): Promise<void> {
  const prompt = await readTextArgument(argument);
  await using router = await Router.load(flags.router, routerOptions(flags));
  const decision = await router.route(prompt, routeOptions(flags));
  const explanation = flags.explain && decision.kind === 'routed' ? explain(decision) : null;
  if (flags.json) printJson(explanation === null ? decision : { ...decision, explanation });
  else {
    const withIntervals = flags.explain === true || flags.interval !== undefined;
    printResult(renderDecision(decision, { withIntervals, explanation }));
  }
  if (decision.kind === 'rejected') process.exitCode = 1;
}

function routerOptions({ backend, device, encoder, interval }: RouteFlags): RouterOptions {
  return {
    lanes: 1,
    backend,
    device,
    // One prompt on a cold start, and nobody in a hurry: the answer, however long it takes.
    deadlineMs: Number.POSITIVE_INFINITY,
    ...(encoder === undefined ? {} : { encoder }),
    ...(interval === undefined ? {} : { intervalCoverage: interval }),
  };
}

function routeOptions(flags: RouteFlags): RouteOptions {
  const requires = given({
    tools: flags.requiresTools,
    jsonMode: flags.requiresJson,
    modalities: flags.modality,
    inputTokens: flags.inputTokens,
    outputTokens: flags.outputTokens,
  });
  return given({
    tolerance: flags.tolerance,
    thresholdStrategy: flags.strategy,
    safetyMargin: flags.margin,
    costWeight: flags.costWeight,
    preference: preferenceOf(flags),
    guard: guardOptions(flags),
    candidates: flags.candidates,
    exclude: flags.exclude,
    maxCostUsd: flags.maxCost,
    requires,
    pin: flags.pin,
    dryRun: flags.dryRun,
  });
}

/** A word, or the weight of cost where quality has 1. Whatever it is, the router checks it. */
function preferenceOf({ preference, by, sample }: RouteFlags): RouteOptions['preference'] {
  const cost = Number(preference);
  if (preference !== undefined && !Number.isNaN(cost)) return { quality: 1, cost, ...given({ by, sample }) };
  if (by === undefined && sample === undefined) return preference as PreferenceWord | undefined;
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    '--by and --sample go with a --preference that is a number',
  );
}

/** Any of its flags asks for the guard. */
function guardOptions({ guard, confidence, maxLoss }: RouteFlags): RouteOptions['guard'] {
  if (guard === undefined && confidence === undefined && maxLoss === undefined) return undefined;
  return given({ anchor: guard, confidence, maxLoss });
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the options that were not given: the library takes an absent one for its default, and no other. */
function given<T extends object>(options: T): Given<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<T>;
}

export interface RenderOptions {
  readonly withIntervals?: boolean;
  readonly explanation?: Explanation | null;
}

/** The decision for people: the chosen model, why, and a table of every candidate, best quality first. */
export function renderDecision(decision: Decision, options: RenderOptions = {}): string {
  if (decision.kind === 'fallback') {
    return `${decision.model}\n  fallback: ${decision.cause.code}: ${decision.cause.message}`;
  }
  const { withIntervals = false, explanation = null } = options;
  const { inputTokens, timings } = decision;
  const counted = `${inputTokens.exact ? '' : 'about '}${inputTokens.count} tokens, ${inputTokens.encoded} encoded`;
  return [
    decision.kind === 'rejected' ? `rejected (${decision.code})` : decision.model,
    `  ${decision.reason}`,
    '',
    renderCandidates(decision, withIntervals),
    ...(explanation === null ? [] : ['', renderChanges(explanation)]),
    '',
    `${counted}; ${timings.laneMs.toFixed(1)} ms in the lane (${timings.device}), ${timings.totalMs.toFixed(1)} ms in all`,
  ].join('\n');
}

function renderCandidates(decision: RoutedDecision | RejectedDecision, withIntervals: boolean): string {
  const used = decision.kind === 'routed' ? decision.model : null;
  const rows = decision.candidates
    .toSorted((a, b) => b.quality - a.quality)
    .map((candidate) => [
      candidate.model === used ? '>' : '',
      candidate.model,
      candidate.quality.toFixed(3),
      ...(withIntervals ? [formatInterval(candidate)] : []),
      formatUsd(candidate.costUsd),
      noteOn(candidate, decision),
    ]);
  const head = ['', 'model', 'quality', ...(withIntervals ? ['interval'] : []), 'cost', ''];
  return renderTable(head, rows, withIntervals ? [2, 3, 4] : [2, 3]);
}

function formatInterval({ interval }: Candidate): string {
  return interval === null ? 'unknown' : interval.map((end) => end.toFixed(2)).join(' to ');
}

function noteOn(candidate: Candidate, decision: RoutedDecision | RejectedDecision): string {
  if (decision.kind === 'routed') return whyOrWhyNot(candidate, decision);
  return candidate.excluded === null ? 'not vouched for' : describeExclusion(candidate.excluded);
}

function renderChanges({ rule, setting, changes }: Explanation): string {
  if (setting === null && rule === 'network')
    return 'the policy network: a decision holds its answer to this preference only';
  if (setting === null) return "the guard's threshold follows from evidence: no setting to change";
  const { name, value } = setting;
  if (changes.length === 0) return `${name} ${formatSetting(value)}: every other one chooses the same`;
  const describe = ({ side, at, model }: SettingChange) =>
    `  ${side === 'below' ? 'below' : 'from'} ${formatSetting(at)}: ${model}`;
  return [`${name} ${formatSetting(value)}; another choice`, ...changes.map(describe)].join('\n');
}

function formatSetting(value: SettingValue): string {
  return String(Number(Number(value).toPrecision(4)));
}
