import { PointsmanError } from '../errors.ts';
import type { SweptPolicyKind } from '../policy/policy.ts';
import { type Areas, type Contest, measureAreas, rankSingles } from './areas.ts';
import { perSourceMean, resultsBySource, type SourceResult } from './by-source.ts';
import { bestPerSource, oracleOutcome, randomOutcome, singleModels } from './controls.ts';
import { bestSetting, byLevel, cheapestSettings, csrChoice, type SettingPerLevel } from './csr.ts';
import { curvePoint } from './curve.ts';
import type { CsrChoices, Evaluation } from './evaluation.ts';
import { type Cells, type EvaluationInput, prepareCells } from './input.ts';
import { bootstrapIntervals } from './intervals.ts';
import { oracleSteps } from './oracle-frontier.ts';
import { emptyOutcome, meanOutcome, type RowWeights } from './outcome.ts';
import { predictionErrors } from './prediction.ts';
import { costWeightGrid, type SweptSetting, sweep, toleranceGrid } from './sweep.ts';

export interface EvaluateOptions {
  /** The policy of the headline figures; both are always swept. @default 'utility' */
  readonly policy?: SweptPolicyKind;
  /** Rows to choose the settings of `csr` on: other rows, the same models. @default the evaluated rows */
  readonly validation?: EvaluationInput;
  /** Bootstrap resamples, a whole number; 0: no intervals. @default 200 */
  readonly resamples?: number;
  /** Of the bootstrap, a whole number. @default 0 */
  readonly seed?: number;
  /** Put before the notes of the result, such as those of `actualCosts`. */
  readonly notes?: readonly string[];
}

/**
 * Holds a router's predictions against what was measured, beside its controls: sweeps both policies over all their
 * settings and compares mean quality with mean actual cost. `gapClosed` is the headline (see `measureAreas`).
 *
 * Every row is decided among the models that were run on it with a known cost, and all figures are over the same rows
 * (see `singleModels` for the controls where a model was not run). Pure, and the same for any order of rows.
 * @throws ERR_INVALID_ARGUMENT for shapes that disagree or predictions that are not finite; ERR_INVALID_DATA where no
 * row can be scored.
 */
export function evaluate(input: EvaluationInput, options: EvaluateOptions = {}): Evaluation {
  const { policy = 'utility', validation, seed = 0, resamples = 200 } = options;
  const cells = prepareCells(input);
  const contest = prepareContest(cells);
  const weights = onesFor(cells);
  const areas = measureAreas(contest, weights);
  const swept = contest.swept[policy];
  const onTest = cheapestSettings(swept, weights, areas.best);
  const csr = validation === undefined ? onTest : settingsOn(validation, input.models, swept);
  const operating = csr['1'] ?? bestSetting(swept, weights);
  const operatingPoint = swept[operating] ?? { policy, setting: 0, outcome: emptyOutcome(cells.rows) };
  const sources = compareSources(cells, contest, areas, operatingPoint);
  const choices = describeChoices(csr, swept, weights, areas);
  const settled = { policy, areas, operating, csr };
  return {
    rows: cells.rows,
    models: input.models,
    controls: describeControls(cells, contest, areas, sources),
    costRange: { fromUsd: areas.fromUsd, toUsd: areas.toUsd },
    policy,
    area: areas.policies[policy].area,
    gapClosed: areas.policies[policy].gapClosed,
    policies: areas.policies,
    csr: byLevel((level) => choices[level]?.saving ?? null),
    csrChosenOn: validation === undefined ? 'test' : 'validation',
    csrChoices: choices,
    csrChoicesOnTest: describeChoices(onTest, swept, weights, areas),
    operatingPoint: curvePoint(operatingPoint, weights),
    prediction: predictionErrors(cells),
    curve: [...contest.swept.utility, ...contest.swept.tolerance].map((one) => curvePoint(one, weights)),
    sources,
    intervals: resamples === 0 ? null : bootstrapIntervals(contest, settled, cells.rows, { resamples, seed }),
    notes: [...(options.notes ?? []), ...cells.notes],
  };
}

function prepareContest(cells: Cells): Contest {
  return {
    singles: singleModels(cells),
    oracle: oracleSteps(cells),
    swept: {
      utility: sweep(cells, 'utility', costWeightGrid(cells)),
      tolerance: sweep(cells, 'tolerance', toleranceGrid()),
    },
  };
}

function onesFor(cells: Cells): RowWeights {
  return new Float64Array(cells.rows).fill(1);
}

/** The same settings tried on other rows, against the best single model there. */
function settingsOn(
  validation: EvaluationInput,
  models: readonly string[],
  swept: readonly SweptSetting[],
): SettingPerLevel {
  if (JSON.stringify(validation.models) !== JSON.stringify(models)) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `validation: expected the models of the evaluated rows in their order (${models.join(', ')}), got ${validation.models.join(', ')}`,
    );
  }
  const cells = prepareCells(validation);
  const weights = onesFor(cells);
  const settings = swept.map(({ setting }) => setting);
  const tried = sweep(cells, swept[0]?.policy ?? 'utility', settings);
  return cheapestSettings(tried, weights, rankSingles(singleModels(cells), weights).best);
}

function describeChoices(
  settings: SettingPerLevel,
  swept: readonly SweptSetting[],
  weights: RowWeights,
  areas: Areas,
): CsrChoices {
  return byLevel((level) => {
    const chosen = swept[settings[level] ?? -1];
    return chosen === undefined ? null : csrChoice(chosen, weights, areas.best);
  });
}

function compareSources(
  cells: Cells,
  contest: Contest,
  areas: Areas,
  operatingPoint: SweptSetting,
): SourceResult[] {
  const single = (model: string) =>
    contest.singles.find((one) => one.model === model)?.outcome ?? emptyOutcome(cells.rows);
  return resultsBySource(cells, {
    router: operatingPoint.outcome,
    cheapest: single(areas.cheapest.model),
    best: single(areas.best.model),
    oracle: oracleOutcome(cells),
    bestPerSource: bestPerSource(cells, contest.singles),
  });
}

function describeControls(
  cells: Cells,
  contest: Contest,
  areas: Areas,
  sources: readonly SourceResult[],
): Evaluation['controls'] {
  const weights = onesFor(cells);
  return {
    cheapest: areas.cheapest,
    best: areas.best,
    random: meanOutcome(randomOutcome(cells), weights),
    bestPerSource: { ...perSourceMean(sources), usesSource: true },
    zero: { area: areas.zero },
    oracle: { ...meanOutcome(oracleOutcome(cells), weights), area: areas.oracle },
    single: rankSingles(contest.singles, weights).means,
  };
}
