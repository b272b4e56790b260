import type { IntervalMatrices } from '../calibration/conformal.ts';
import { PointsmanError } from '../errors.ts';

/** What was measured and what a router predicted on the same rows. Matrices are [rows, models], row-major. */
export interface EvaluationInput {
  readonly models: readonly string[];
  /** Measured quality in [0, 1]; NaN: not run. */
  readonly scores: ArrayLike<number>;
  /** Actual cost in USD; NaN: not known. See `actualCosts`. */
  readonly costsUsd: ArrayLike<number>;
  /** The router's quality, as its policy would see it. */
  readonly predictedQuality: ArrayLike<number>;
  /** The router's cost in USD, as its policy would see it: known before the answer, so not the actual one. */
  readonly predictedCostUsd: ArrayLike<number>;
  /** One source per row, for the table by source. @default one nameless source */
  readonly sources?: readonly string[];
  /** One group per row: rows of a group are drawn together by the bootstrap. @default every row by itself */
  readonly groups?: readonly string[];
  /** Characters of each prompt, for the control that routes by length alone. @default no such control */
  readonly promptLengths?: ArrayLike<number>;
  /** Prediction intervals of the same shape as the predictions. @default no coverage */
  readonly intervals?: IntervalMatrices;
}

/** The cells that count: score and actual cost are known. A row without any is left out. */
export interface Cells {
  readonly models: readonly string[];
  /** Rows left. */
  readonly rows: number;
  /** [rows] which row of the input each is. */
  readonly given: readonly number[];
  /** Per row, the models that were run on it: never empty, ascending. */
  readonly eligible: readonly (readonly number[])[];
  readonly scores: Float64Array;
  readonly costsUsd: Float64Array;
  readonly predictedQuality: Float64Array;
  readonly predictedCostUsd: Float64Array;
  readonly sources: readonly string[];
  /** Per row the index of its group, from 0 without gaps. */
  readonly groups: Int32Array;
  readonly groupCount: number;
  readonly promptLengths: Float64Array | null;
  readonly intervals: IntervalMatrices | null;
  readonly notes: readonly string[];
}

/**
 * Checks an input and drops the rows that cannot be scored.
 * @throws ERR_INVALID_ARGUMENT where shapes disagree or a cell that was run has no finite prediction; ERR_INVALID_DATA
 * where no row is left.
 */
export function prepareCells(input: EvaluationInput): Cells {
  const columns = input.models.length;
  const rowsGiven = columns === 0 ? 0 : input.scores.length / columns;
  checkShapes(input, rowsGiven);
  const kept: number[] = [];
  const eligible: number[][] = [];
  for (let row = 0; row < rowsGiven; row++) {
    const run = runModels(input, row);
    if (run.length === 0) continue;
    for (const column of run) checkPrediction(input, row, column);
    kept.push(row);
    eligible.push(run);
  }
  if (kept.length === 0) {
    throw new PointsmanError(
      'ERR_INVALID_DATA',
      'evaluation: expected rows with a score and a cost, got none',
    );
  }
  const gather = (from: ArrayLike<number>) => gatherRows(from, kept, columns);
  const { intervals, promptLengths } = input;
  return {
    models: input.models,
    rows: kept.length,
    given: kept,
    eligible,
    scores: gather(input.scores),
    costsUsd: gather(input.costsUsd),
    predictedQuality: gather(input.predictedQuality),
    predictedCostUsd: gather(input.predictedCostUsd),
    sources: kept.map((row) => input.sources?.[row] ?? ''),
    ...indexGroups(kept.map((row) => input.groups?.[row] ?? `row ${row}`)),
    promptLengths: promptLengths === undefined ? null : gatherRows(promptLengths, kept, 1),
    intervals:
      intervals === undefined
        ? null
        : { low: gather(intervals.low), high: gather(intervals.high), nominal: intervals.nominal },
    notes: describeGaps(input.models, eligible, rowsGiven),
  };
}

function runModels(input: EvaluationInput, row: number): number[] {
  const run: number[] = [];
  for (let column = 0; column < input.models.length; column++) {
    const cell = row * input.models.length + column;
    if (!Number.isNaN(input.scores[cell]) && !Number.isNaN(input.costsUsd[cell])) run.push(column);
  }
  return run;
}

function checkShapes(input: EvaluationInput, rows: number): void {
  const size = rows * input.models.length;
  const { intervals } = input;
  const matrices = {
    scores: input.scores,
    costsUsd: input.costsUsd,
    predictedQuality: input.predictedQuality,
    predictedCostUsd: input.predictedCostUsd,
    ...(intervals === undefined ? {} : { 'intervals.low': intervals.low, 'intervals.high': intervals.high }),
  };
  for (const [name, matrix] of Object.entries(matrices)) {
    if (Number.isInteger(rows) && rows > 0 && matrix.length === size) continue;
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `${name}: expected [${rows} rows, ${input.models.length} models], got ${matrix.length} numbers`,
    );
  }
  for (const name of ['sources', 'groups', 'promptLengths'] as const) {
    const given = input[name]?.length ?? rows;
    if (given === rows) continue;
    throw new PointsmanError('ERR_INVALID_ARGUMENT', `${name}: expected one per row (${rows}), got ${given}`);
  }
}

function indexGroups(names: readonly string[]): Pick<Cells, 'groups' | 'groupCount'> {
  const known = new Map<string, number>();
  const groups = Int32Array.from(names, (name) => {
    const index = known.get(name) ?? known.size;
    known.set(name, index);
    return index;
  });
  return { groups, groupCount: known.size };
}

function checkPrediction(input: EvaluationInput, row: number, column: number): void {
  for (const name of ['predictedQuality', 'predictedCostUsd'] as const) {
    const value = input[name][row * input.models.length + column];
    if (Number.isFinite(value)) continue;
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `${name}: expected a finite number at row ${row}, model "${input.models[column]}", got ${value}`,
    );
  }
}

function gatherRows(from: ArrayLike<number>, rows: readonly number[], columns: number): Float64Array {
  const into = new Float64Array(rows.length * columns);
  let to = 0;
  for (const row of rows) {
    for (let column = 0; column < columns; column++) into[to++] = from[row * columns + column] ?? Number.NaN;
  }
  return into;
}

function describeGaps(
  models: readonly string[],
  eligible: readonly (readonly number[])[],
  rowsGiven: number,
): string[] {
  const notes: string[] = [];
  const rows = eligible.length;
  if (rows < rowsGiven)
    notes.push(`${rowsGiven - rows} of ${rowsGiven} rows have no run with a known cost: left out`);
  const runs = new Array<number>(models.length).fill(0);
  for (const run of eligible) for (const column of run) runs[column] = (runs[column] ?? 0) + 1;
  const never = models.filter((_, column) => runs[column] === 0);
  if (never.length > 0) notes.push(`never run with a known cost here, left out: ${never.join(', ')}`);
  const partly = runs.filter((run) => run > 0 && run < rows);
  if (partly.length > 0) {
    const least = ((100 * Math.min(...partly)) / rows).toFixed(1);
    notes.push(
      `${partly.length} of ${models.length} models were not run on every row (the least on ${least} %). A row is decided ` +
        'among the models run on it; a single-model control takes there the mean of the models that were run',
    );
  }
  return notes;
}
