import { PointsmanError } from '../errors.ts';
import { type RoutingTable, rowCount } from './table.ts';

/**
 * The table with the columns of `models`, in their order; a model the data lacks becomes a column of missing cells.
 * `notes` name the models of the data that were left out. ERR_UNKNOWN_MODEL where the data has none of them.
 */
export function selectModels(
  table: RoutingTable,
  models: readonly string[],
): { readonly table: RoutingTable; readonly notes: readonly string[] } {
  const columns = models.map((model) => table.models.indexOf(model));
  if (columns.every((column) => column < 0)) {
    throw new PointsmanError(
      'ERR_UNKNOWN_MODEL',
      `the data has none of the router's models; data: ${table.models.join(', ')}; router: ${models.join(', ')}`,
    );
  }
  const size = rowCount(table) * models.length;
  const selected: RoutingTable = {
    ...table,
    models,
    scores: pickColumns(table, table.scores, columns, new Float32Array(size)),
    costsUsd: pickColumns(table, table.costsUsd, columns, new Float64Array(size)),
    inputTokens: pickColumns(table, table.inputTokens, columns, new Float32Array(size)),
    outputTokens: pickColumns(table, table.outputTokens, columns, new Float32Array(size)),
  };
  const ignored = table.models.filter((model) => !models.includes(model));
  const note = `models of the data that the router does not know, left out: ${ignored.join(', ')}`;
  return { table: selected, notes: ignored.length === 0 ? [] : [note] };
}

function pickColumns<T extends Float32Array | Float64Array>(
  table: RoutingTable,
  cells: T,
  columns: readonly number[],
  into: T,
): T {
  let to = 0;
  for (let row = 0; row < rowCount(table); row++) {
    for (const column of columns) {
      const cell = column < 0 ? Number.NaN : cells[row * table.models.length + column];
      into[to++] = cell ?? Number.NaN;
    }
  }
  return into;
}
