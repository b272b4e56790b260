import {
  checkAmount,
  checkLabel,
  checkModel,
  checkPrompt,
  checkScore,
  invalidData,
  shown,
} from './fields.ts';
import type { DataRow } from './row.ts';

/** What a column of the wide form holds. */
export type WideColumn =
  | { readonly kind: 'prompt' | 'id' | 'source' | 'title' | 'dupOf' }
  | { readonly kind: 'scores' | 'costsUsd' | 'inputTokens' | 'outputTokens'; readonly model: string };

const kLabels = ['prompt', 'id', 'source', 'title', 'dupOf'] as const;
const kPrefixes = [
  ['cost:', 'costsUsd'],
  ['inputTokens:', 'inputTokens'],
  ['outputTokens:', 'outputTokens'],
] as const;

/**
 * The wide form of CSV and Parquet: `prompt`, one column of scores a model, and optionally `id`, `source`, `title`,
 * `dupOf`, `cost:<model>` (USD), `inputTokens:<model>`, `outputTokens:<model>`.
 * @param where the file and its header, for messages.
 */
export function planColumns(names: readonly string[], where: string): readonly WideColumn[] {
  const seen = new Set<string>();
  const columns = names.map((name) => {
    const trimmed = name.trim();
    if (trimmed === '') {
      throw invalidData(where, `column ${seen.size + 1}: expected a name, got an empty one`);
    }
    if (seen.has(trimmed)) throw invalidData(where, `the column ${shown(trimmed)} occurs twice`);
    seen.add(trimmed);
    return planColumn(trimmed, where);
  });
  if (!columns.some(({ kind }) => kind === 'prompt')) {
    throw invalidData(where, `expected a column "prompt", got ${shown(names.join(','))}`);
  }
  if (!columns.some(({ kind }) => kind === 'scores')) {
    throw invalidData(where, 'expected a column of scores for at least one model beside "prompt", got none');
  }
  return columns;
}

function planColumn(name: string, where: string): WideColumn {
  for (const kind of kLabels) if (name === kind) return { kind };
  for (const [prefix, kind] of kPrefixes) {
    if (name.startsWith(prefix)) return { kind, model: checkModel(name.slice(prefix.length), where) };
  }
  return { kind: 'scores', model: name };
}

/** One row of the wide form. A null, undefined or empty cell means: not run, or not known. */
export function rowFromCells(
  columns: readonly WideColumn[],
  cells: readonly unknown[],
  where: string,
): DataRow {
  const labels: Partial<Record<'id' | 'source' | 'title' | 'dupOf', string | null>> = {};
  const amounts = {
    scores: new Map<string, number>(),
    costsUsd: new Map<string, number>(),
    inputTokens: new Map<string, number>(),
    outputTokens: new Map<string, number>(),
  };
  let prompt = '';
  for (const [index, column] of columns.entries()) {
    const cell = cells[index];
    if (column.kind === 'prompt') prompt = checkPrompt(cell ?? '', where);
    else if (!('model' in column)) labels[column.kind] = checkLabel(cell, where, `column "${column.kind}"`);
    else {
      const amount = checkCell(column, cell, where);
      if (amount !== null) amounts[column.kind].set(column.model, amount);
    }
  }
  if (amounts.scores.size === 0)
    throw invalidData(where, 'expected the score of at least one model, got none');
  const { id = null, source, title = null, dupOf = null } = labels;
  return { where, prompt, id, source: source ?? '', title, dupOf, contaminated: false, ...amounts };
}

function checkCell(column: WideColumn & { model: string }, cell: unknown, where: string): number | null {
  const value = numberFromCell(cell);
  if (value === null) return null;
  const field = `column ${shown(column.model)}`;
  if (column.kind !== 'scores') return checkAmount(value, where, `${field} (${column.kind})`);
  if (typeof value === 'number') return checkScore(value, where, field);
  throw invalidData(
    where,
    `${field}: expected a score from 0 to 1 or an empty cell, got ${shown(cell)}. Every column is read as a model but ` +
      'prompt, id, source, title, dupOf, cost:<model>, inputTokens:<model> and outputTokens:<model>',
  );
}

/** null for an empty cell; what is not a number comes back as it is, for the check to refuse. */
function numberFromCell(cell: unknown): unknown {
  if (cell === null || cell === undefined) return null;
  if (typeof cell === 'bigint') return Number(cell);
  if (typeof cell !== 'string') return cell;
  const text = cell.trim();
  if (text === '') return null;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : cell;
}
