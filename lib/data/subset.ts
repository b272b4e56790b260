import { PointsmanError } from '../errors.ts';
import { type RoutingTable, rowCount } from './table.ts';

/** The given rows of a table, in the order given. Models and origin stay as they are. */
export function subsetTable(table: RoutingTable, rows: readonly number[]): RoutingTable {
  const count = rowCount(table);
  for (const row of rows) {
    if (Number.isInteger(row) && row >= 0 && row < count) continue;
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `rows: expected indices from 0 to ${count - 1}, got ${row}`,
    );
  }
  const columns = table.models.length;
  const size = rows.length * columns;
  return {
    models: table.models,
    ids: pick(table.ids, rows),
    prompts: pick(table.prompts, rows),
    sources: pick(table.sources, rows),
    groups: pick(table.groups, rows),
    scores: pickRows(table.scores, new Float32Array(size), rows, columns),
    costsUsd: pickRows(table.costsUsd, new Float64Array(size), rows, columns),
    inputTokens: pickRows(table.inputTokens, new Float32Array(size), rows, columns),
    outputTokens: pickRows(table.outputTokens, new Float32Array(size), rows, columns),
    origin: table.origin,
  };
}

function pick(values: readonly string[], rows: readonly number[]): string[] {
  return rows.map((row) => values[row] ?? '');
}

function pickRows<T extends Float32Array | Float64Array>(
  from: T,
  into: T,
  rows: readonly number[],
  columns: number,
): T {
  for (const [to, row] of rows.entries()) {
    into.set(from.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return into;
}
