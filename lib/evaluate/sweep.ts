import { choose } from '../policy/choose.ts';
import type { SweptPolicyKind, SweptPolicySpec } from '../policy/policy.ts';
import { copyCell } from './controls.ts';
import type { Cells } from './input.ts';
import { emptyOutcome, type Outcome } from './outcome.ts';

/** The outcome of a policy at one setting: a tolerance, or a cost weight in quality per USD. */
export interface SweptSetting {
  readonly policy: SweptPolicyKind;
  readonly setting: number;
  readonly outcome: Outcome;
  /** [models] how many rows each model answers. */
  readonly counts: Float64Array;
}

/** Tolerances 0, 0.01, ..., 1. */
export function toleranceGrid(): number[] {
  return Array.from({ length: 101 }, (_, i) => i / 100);
}

/** Measured on two sets of 500 and 900 rows: 48 a decade moves gapClosed by less than 0.3 points, 12 by up to 0.4. */
const kStepsPerDecade = 24;
/** The grid starts where even the dearest model's cost weighs no more than this much quality. */
const kLeastQuality = 1e-3;
/** Prices far apart must not ask for a grid without end. */
const kMostDecades = 12;

/**
 * Cost weights 0, a geometric grid and Infinity, scaled to the predicted mean costs: from the weight at which the
 * dearest model's cost is worth 0.001 of quality to that at which the cheapest model's is worth 10. Scaling all costs
 * scales the grid with them, so it changes no decision.
 */
export function costWeightGrid(cells: Cells): number[] {
  const means = predictedMeanCosts(cells).filter((cost) => cost > 0);
  if (means.length === 0) return [0, Number.POSITIVE_INFINITY];
  const first = kLeastQuality / Math.max(...means);
  const decades = Math.min(kMostDecades, Math.log10(10 / Math.min(...means) / first));
  const steps = Math.ceil(decades * kStepsPerDecade);
  const grid = Array.from({ length: steps + 1 }, (_, i) => first * 10 ** ((decades * i) / steps));
  return [0, ...grid, Number.POSITIVE_INFINITY];
}

function predictedMeanCosts(cells: Cells): number[] {
  const sums = new Float64Array(cells.models.length);
  const counts = new Float64Array(cells.models.length);
  for (const [row, run] of cells.eligible.entries()) {
    for (const column of run) {
      sums[column] = (sums[column] ?? 0) + (cells.predictedCostUsd[row * cells.models.length + column] ?? 0);
      counts[column] = (counts[column] ?? 0) + 1;
    }
  }
  return Array.from(sums, (sum, column) => sum / Math.max(1, counts[column] ?? 1));
}

/** Decides every row at every setting, with the policies a router uses, among the models that were run on the row. */
export function sweep(cells: Cells, policy: SweptPolicyKind, settings: readonly number[]): SweptSetting[] {
  const columns = cells.models.length;
  const swept = settings.map((setting) => ({
    policy,
    setting,
    outcome: emptyOutcome(cells.rows),
    counts: new Float64Array(columns),
  }));
  const specs = settings.map((setting) => specOf(policy, setting));
  for (const [row, eligible] of cells.eligible.entries()) {
    const quality = cells.predictedQuality.subarray(row * columns, (row + 1) * columns);
    const costUsd = cells.predictedCostUsd.subarray(row * columns, (row + 1) * columns);
    const input = { quality, costUsd, eligible };
    for (const [index, spec] of specs.entries()) {
      const one = swept[index];
      if (one === undefined) continue;
      const chosen = choose(spec, input).index;
      copyCell(cells, row, chosen, one.outcome);
      one.counts[chosen] = (one.counts[chosen] ?? 0) + 1;
    }
  }
  return swept;
}

function specOf(policy: SweptPolicyKind, setting: number): SweptPolicySpec {
  return policy === 'tolerance'
    ? { kind: 'tolerance', tolerance: setting }
    : { kind: 'utility', costWeight: setting };
}
