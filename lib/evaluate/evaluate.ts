import { coverageOf } from '../calibration/coverage.ts';
import { checkInteger } from '../check.ts';
import { PointsmanError } from '../errors.ts';
import type { SweptPolicyKind } from '../policy/policy.ts';
import { type Areas, measureAreas } from './areas.ts';
import { resultsBySource, type SourceResult } from './by-source.ts';
import { type Contest, prepareContest } from './contest.ts';
import { bestSetting, byLevel, csrChoice, type SettingPerLevel } from './csr.ts';
import { curvePoint, sweptPoint } from './curve.ts';
import type { CsrChoices, Evaluation } from './evaluation.ts';
import { type MeasuredFigures, measureFigures } from './figures.ts';
import { type Cells, type EvaluationInput, prepareCells } from './input.ts';
import { emptyOutcome, meanOutcome, onesFor } from './outcome.ts';
import { predictionErrors, tallyPredictions } from './prediction.ts';
import { reliabilityOf } from './reliability.ts';
import { rankSingles } from './singles.ts';
import type { SweptSetting } from './sweep.ts';

export interface EvaluateOptions {
  /** The policy of the headline figures; both are always swept. @default 'utility' */
  readonly policy?: SweptPolicyKind;
  /** Rows to choose settings and static mixes on: other rows, the same models. @default the evaluated rows */
  readonly validation?: EvaluationInput;
  /** Bootstrap resamples, a whole number; 0: no intervals. @default 1000 */
  readonly resamples?: number;
  /** Of the bootstrap, a whole number. @default 0 */
  readonly seed?: number;
  /** Put before the notes of the result, such as those of `actualCosts`. */
  readonly notes?: readonly string[];
  /** Called after every resample. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** 200 leave the ends of an interval to five order statistics: they move by a tenth of its width from seed to seed. */
const kResamples = 1000;

/**
 * Holds a router's predictions against what was measured, beside its controls: sweeps both policies over all their
 * settings and compares mean quality with mean actual cost. `gapClosed` is the headline (see `measureAreas`).
 *
 * Every row is decided among the models that were run on it with a known cost, and all figures are over the same rows
 * (see `singleModels` for the controls where a model was not run). Pure, and the same for any order of rows but for the
 * intervals, which follow the order of the groups.
 * @throws ERR_INVALID_ARGUMENT for shapes that disagree or predictions that are not finite, or a number of resamples
 * that is none; ERR_INVALID_DATA where no row can be scored.
 */
export function evaluate(input: EvaluationInput, options: EvaluateOptions = {}): Evaluation {
  return evaluateWithSamples(input, options).evaluation;
}

/** The same, with every figure's value on every resample: for differences between routers on the same rows and seed. */
export function evaluateWithSamples(
  input: EvaluationInput,
  options: EvaluateOptions = {},
): { readonly evaluation: Evaluation; readonly samples: MeasuredFigures['samples'] } {
  const { policy = 'utility', validation, seed = 0, resamples = kResamples } = options;
  checkInteger('resamples', resamples, 0, Number.MAX_SAFE_INTEGER);
  const cells = prepareCells(input);
  const contest = prepareContest(cells, policy, cellsToChooseOn(validation, input.models));
  const measured = measureFigures(contest, { resamples, seed }, options.onProgress);
  const evaluation = {
    ...describeContest(contest),
    figures: measured.figures,
    band: measured.band,
    bootstrap: resamples === 0 ? null : { resamples, seed, groups: cells.groupCount },
    notes: [...(options.notes ?? []), ...cells.notes],
  };
  return { evaluation, samples: measured.samples };
}

function cellsToChooseOn(validation: EvaluationInput | undefined, models: readonly string[]): Cells | null {
  if (validation === undefined) return null;
  if (JSON.stringify(validation.models) === JSON.stringify(models)) return prepareCells(validation);
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    `validation: expected the models of the evaluated rows in their order (${models.join(', ')}), got ${validation.models.join(', ')}`,
  );
}

type WithoutIntervals = Omit<Evaluation, 'figures' | 'band' | 'bootstrap' | 'notes'>;

function describeContest(contest: Contest): WithoutIntervals {
  const { cells, policy, swept, onValidation, inHindsight } = contest;
  const weights = onesFor(cells.rows);
  const areas = measureAreas(contest, weights);
  const headline = swept[policy];
  const settings = (onValidation ?? inHindsight).settings;
  const operating = settings['1'] ?? bestSetting(headline, weights);
  const operatingPoint = headline[operating] ?? { policy, setting: 0, outcome: emptyOutcome(cells.rows) };
  const choices = describeChoices(contest, settings, areas);
  return {
    rows: cells.rows,
    models: cells.models,
    controls: describeControls(contest, areas),
    costRange: { fromUsd: areas.fromUsd, toUsd: areas.toUsd },
    policy,
    area: areas.policies[policy].area,
    gapClosed: areas.policies[policy].gapClosed,
    policies: { utility: plainArea(areas, 'utility'), tolerance: plainArea(areas, 'tolerance') },
    csr: byLevel((level) => choices[level]?.saving ?? null),
    csrChosenOn: onValidation === null ? 'test' : 'validation',
    csrChoices: choices,
    csrChoicesOnTest: describeChoices(contest, inHindsight.settings, areas),
    operatingPoint: curvePoint(operatingPoint, weights),
    prediction: predictionErrors(tallyPredictions(cells), weights),
    reliability: reliabilityOf(cells),
    coverage: describeCoverage(cells),
    curve: [...swept.utility, ...swept.tolerance].map(sweptPoint),
    sources: compareSources(contest, areas, operatingPoint),
  };
}

function describeCoverage({ intervals, scores, models }: Cells): Evaluation['coverage'] {
  if (intervals === null) return null;
  return { nominal: intervals.nominal, ...coverageOf(intervals, scores, models) };
}

function plainArea(areas: Areas, policy: SweptPolicyKind): Evaluation['policies'][SweptPolicyKind] {
  const { hull: _, ...area } = areas.policies[policy];
  return area;
}

function describeChoices(
  { cells, policy, swept }: Contest,
  settings: SettingPerLevel,
  areas: Areas,
): CsrChoices {
  return byLevel((level) => {
    const chosen = swept[policy][settings[level] ?? -1];
    return chosen === undefined ? null : csrChoice(chosen, onesFor(cells.rows), areas.best);
  });
}

function compareSources(
  contest: Contest,
  areas: Areas,
  operatingPoint: Omit<SweptSetting, 'counts'>,
): SourceResult[] {
  const { cells, oracle, bestPerSource } = contest;
  const single = (model: string) =>
    contest.singles.find((one) => one.model === model)?.outcome ?? emptyOutcome(cells.rows);
  return resultsBySource(cells, {
    router: operatingPoint.outcome,
    cheapest: single(areas.cheapest.model),
    best: single(areas.best.model),
    oracle,
    bestPerSource,
  });
}

function describeControls(contest: Contest, areas: Areas): Evaluation['controls'] {
  const { cells, singles, random, oracle, perSource, onValidation, inHindsight } = contest;
  const weights = onesFor(cells.rows);
  const { means, cheapest, best } = rankSingles(singles, weights);
  return {
    cheapest,
    best,
    random: meanOutcome(random, weights),
    bestPerSource: { ...meanOutcome(perSource, weights), usesSource: true },
    zero: { area: areas.zero, mixes: inHindsight.mixes },
    staticMix:
      onValidation === null || areas.staticAsChosen === null
        ? null
        : { area: areas.staticAsChosen, models: onValidation.mixModels, mixes: onValidation.mixes },
    sourcePrior: areas.sourcePrior === null ? null : { ...areas.sourcePrior, usesSource: true },
    oracle: { ...meanOutcome(oracle, weights), area: areas.oracle },
    single: means,
  };
}
