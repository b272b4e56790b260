import { inputOnlyCostUsd, type Price, usageCostUsd } from '../cost/price.ts';
import { type RoutingTable, rowCount } from '../data/table.ts';

export interface ActualCosts {
  /** [rows, models] USD; NaN where the model was not run or its cost cannot be known. */
  readonly costsUsd: Float64Array;
  /** Models that were run but have no cell with a cost: no price and no measured cost. */
  readonly unpriced: readonly string[];
  /** How the costs came about, in sentences, where it is not simply measured. */
  readonly notes: readonly string[];
}

type CellSource = 'measured' | 'tokens' | 'inputOnly';

/**
 * What each run cost: the measured cost where the data has one, else tokens times list price. Where the output count is
 * missing, the mean of the two prices stands for both directions: inputTokens * (inputPer1M + outputPer1M) / 2.
 * @param countedInputTokens tokens per row, for cells of which the data states no input count.
 */
export function actualCosts(
  table: RoutingTable,
  prices: ReadonlyMap<string, Price>,
  countedInputTokens?: ArrayLike<number>,
): ActualCosts {
  const columns = table.models.length;
  const costsUsd = new Float64Array(rowCount(table) * columns).fill(Number.NaN);
  const counts: Record<CellSource | 'unknown', number> = { measured: 0, tokens: 0, inputOnly: 0, unknown: 0 };
  const unpriced: string[] = [];
  for (const [column, model] of table.models.entries()) {
    let run = 0;
    let priced = 0;
    for (let row = 0; row < rowCount(table); row++) {
      const cell = row * columns + column;
      if (Number.isNaN(table.scores[cell])) continue;
      run++;
      const cost = cellCost(table, cell, prices.get(model), countedInputTokens?.[row]);
      counts[cost?.source ?? 'unknown']++;
      if (cost === null) continue;
      priced++;
      costsUsd[cell] = cost.usd;
    }
    if (run > 0 && priced === 0) unpriced.push(model);
  }
  return { costsUsd, unpriced, notes: describeSources(counts) };
}

function cellCost(
  table: RoutingTable,
  cell: number,
  price: Price | undefined,
  countedInput = Number.NaN,
): { usd: number; source: CellSource } | null {
  const measured = table.costsUsd[cell] ?? Number.NaN;
  if (!Number.isNaN(measured)) return { usd: measured, source: 'measured' };
  const stated = table.inputTokens[cell] ?? Number.NaN;
  const input = Number.isNaN(stated) ? countedInput : stated;
  if (price === undefined || Number.isNaN(input)) return null;
  const output = table.outputTokens[cell] ?? Number.NaN;
  const prompt = { inputTokens: input, cachedInputTokens: 0 };
  if (Number.isNaN(output)) return { usd: inputOnlyCostUsd(price, prompt), source: 'inputOnly' };
  return { usd: usageCostUsd(price, prompt, output), source: 'tokens' };
}

function describeSources(counts: Readonly<Record<CellSource | 'unknown', number>>): string[] {
  const { measured, tokens, inputOnly, unknown } = counts;
  const all = measured + tokens + inputOnly + unknown;
  const notes: string[] = [];
  if (tokens > 0) notes.push(`${tokens} of ${all} costs are token counts times list price, not measured`);
  if (inputOnly > 0) {
    notes.push(
      `${inputOnly} of ${all} costs have no output count: input tokens times the mean of the input and output price`,
    );
  }
  if (unknown > 0) notes.push(`${unknown} of ${all} runs have no known cost and are left out`);
  return notes;
}
