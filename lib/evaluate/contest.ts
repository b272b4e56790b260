import type { SweptPolicyKind } from '../policy/policy.ts';
import { type Choices, makeChoices } from './choices.ts';
import {
  bestPerSource,
  oracleOutcome,
  perSourceOutcome,
  randomOutcome,
  type SingleModel,
  singleModels,
} from './controls.ts';
import type { Cells } from './input.ts';
import { type OracleSteps, oracleSteps } from './oracle-frontier.ts';
import type { Outcome } from './outcome.ts';
import { predictedBySource } from './source-prior.ts';
import { costWeightGrid, type SweptSetting, sweep, toleranceGrid } from './sweep.ts';

export type SweptSettings = Readonly<Record<SweptPolicyKind, readonly SweptSetting[]>>;

/** Router and controls on the evaluated rows, decided once per row. Weights then pick rows; nothing is decided again. */
export interface Contest {
  readonly cells: Cells;
  /** The policy of the headline figures. */
  readonly policy: SweptPolicyKind;
  readonly singles: readonly SingleModel[];
  readonly random: Outcome;
  readonly oracle: Outcome;
  readonly oracleSteps: OracleSteps;
  /** Each source's own best single model, by source and over all rows: it uses the source, which no router sees. */
  readonly bestPerSource: ReadonlyMap<string, SingleModel>;
  readonly perSource: Outcome;
  readonly swept: SweptSettings;
  /**
   * The headline policy over each source's mean scores on validation rows, see `predictedBySource`; null where there are
   * none to tell apart. It uses the source too.
   */
  readonly sourcePrior: readonly SweptSetting[] | null;
  /** What the evaluated rows themselves would have one choose: favourable, in hindsight. */
  readonly inHindsight: Choices;
  /** What validation rows chose; null where there are none. */
  readonly onValidation: Choices | null;
}

export function prepareContest(cells: Cells, policy: SweptPolicyKind, validation: Cells | null): Contest {
  const singles = singleModels(cells);
  const swept = {
    utility: sweep(cells, 'utility', costWeightGrid(cells)),
    tolerance: sweep(cells, 'tolerance', toleranceGrid()),
  };
  const sourceBests = bestPerSource(cells, singles);
  return {
    cells,
    policy,
    singles,
    random: randomOutcome(cells),
    oracle: oracleOutcome(cells),
    oracleSteps: oracleSteps(cells),
    bestPerSource: sourceBests,
    perSource: perSourceOutcome(cells, sourceBests),
    swept,
    sourcePrior: validation === null ? null : sweepSourcePrior(cells, validation, policy, swept),
    inHindsight: makeChoices(cells, singles, swept, policy),
    onValidation: validation === null ? null : choicesOn(validation, swept, policy),
  };
}

function sweepSourcePrior(
  cells: Cells,
  validation: Cells,
  policy: SweptPolicyKind,
  swept: SweptSettings,
): readonly SweptSetting[] | null {
  const predicted = predictedBySource(cells, validation);
  return predicted === null ? null : sweepAgain(predicted, policy, swept);
}

/** The same settings tried on other rows, or by other predictions. */
function sweepAgain(cells: Cells, policy: SweptPolicyKind, swept: SweptSettings): SweptSetting[] {
  const settings = swept[policy].map(({ setting }) => setting);
  return sweep(cells, policy, settings);
}

function choicesOn(cells: Cells, swept: SweptSettings, policy: SweptPolicyKind): Choices {
  const tried = {
    utility: sweepAgain(cells, 'utility', swept),
    tolerance: sweepAgain(cells, 'tolerance', swept),
  };
  return makeChoices(cells, singleModels(cells), tried, policy);
}
