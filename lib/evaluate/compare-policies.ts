import { measureAreas } from './areas.ts';
import { type Interval, interval95, type Resampling, resampleGroups } from './bootstrap.ts';
import { prepareContest } from './contest.ts';
import { copyCell } from './controls.ts';
import { concaveHull, meanHeight } from './hull.ts';
import { type Cells, type EvaluationInput, prepareCells } from './input.ts';
import { emptyOutcome, meanOutcome, type Outcome, onesFor, type RowWeights } from './outcome.ts';
import { costWeightGrid, sweep } from './sweep.ts';

/** Which of the eligible columns a policy takes on a row of the cells, at a finite cost weight in quality per USD. */
export type Chooser = (row: number, costWeight: number) => number;

export interface PolicyComparison {
  readonly rows: number;
  /** gapClosed of the policy `utility`, and of the other one at the same cost weights; null where there is no gap. */
  readonly utility: number | null;
  readonly other: number | null;
  /** Of gapClosed, the other's less the utility's, on the same resamples. */
  readonly difference: Interval | null;
  /** Quality at equal cost, the other's less the utility's, on average over costs from the cheapest to the best single model. */
  readonly qualityAtEqualCost: number;
  readonly qualityInterval: Interval | null;
}

/** Each third of the weights that `evaluate` sweeps: both policies get the same ones. */
const EVERY = 3;

/**
 * A policy with a cost weight against `utility` on the same predictions: the hulls of both over the same weights, with intervals
 * over resampled groups.
 */
export function compareWithUtility(
  input: EvaluationInput,
  chooserOf: (cells: Cells) => Chooser,
  resampling: Resampling,
): PolicyComparison {
  const cells = prepareCells(input);
  const contest = prepareContest(cells, 'utility', null);
  const weights = costWeightGrid(cells).filter((weight, i) => i % EVERY === 0 && Number.isFinite(weight));
  const utility = sweep(cells, 'utility', weights).map(({ outcome }) => outcome);
  const other = outcomesOf(cells, chooserOf(cells), weights);
  const measure = (rows: RowWeights) => {
    const { cheapest, fromUsd, toUsd, zero, oracle } = measureAreas(contest, rows);
    const area = (outcomes: readonly Outcome[]) => {
      const points = outcomes.map((outcome) => meanOutcome(outcome, rows));
      return meanHeight(concaveHull([...points, cheapest]), fromUsd, toUsd);
    };
    const [ofUtility, ofOther] = [area(utility), area(other)];
    const share = (height: number) => (oracle > zero ? (height - zero) / (oracle - zero) : null);
    return { utility: share(ofUtility), other: share(ofOther), quality: ofOther - ofUtility };
  };
  const all = measure(onesFor(cells.rows));
  const differences: (number | null)[] = [];
  const qualities: number[] = [];
  resampleGroups(cells.groups, cells.groupCount, resampling, (rows) => {
    const one = measure(rows);
    differences.push(one.utility === null || one.other === null ? null : one.other - one.utility);
    qualities.push(one.quality);
  });
  return {
    rows: cells.rows,
    utility: all.utility,
    other: all.other,
    difference: interval95(differences),
    qualityAtEqualCost: all.quality,
    qualityInterval: interval95(qualities),
  };
}

function outcomesOf(cells: Cells, choose: Chooser, weights: readonly number[]): Outcome[] {
  const outcomes = weights.map(() => emptyOutcome(cells.rows));
  for (let row = 0; row < cells.rows; ++row) {
    for (const [i, weight] of weights.entries()) {
      const outcome = outcomes[i];
      if (outcome !== undefined) copyCell(cells, row, choose(row, weight), outcome);
    }
  }
  return outcomes;
}
