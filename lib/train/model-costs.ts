import type { ModelCost } from '../cost/model-cost.ts';
import type { ModelEntry } from '../data/models.ts';
import { type RoutingTable, rowCount } from '../data/table.ts';
import { PointsmanError } from '../errors.ts';

/**
 * How each model of the table will be priced: by its list price and mean answer length where a price is known, else
 * by its mean measured cost. ERR_INVALID_PRICE names every model that has neither.
 */
export function fitModelCosts(
  table: RoutingTable,
  prices: ReadonlyMap<string, ModelEntry>,
): readonly { readonly id: string; readonly cost: ModelCost }[] {
  const unpriced: string[] = [];
  const models = table.models.map((id, column) => {
    const cost = fitCost(table, column, prices.get(id));
    if (cost === null) unpriced.push(id);
    return { id, cost };
  });
  if (unpriced.length > 0) {
    throw new PointsmanError(
      'ERR_INVALID_PRICE',
      `no price and no measured cost for ${unpriced.join(', ')}: name a models.json with inputPer1M and outputPer1M (USD per 1M tokens) for each, or add costs to the data`,
    );
  }
  return models.flatMap(({ id, cost }) => (cost === null ? [] : [{ id, cost }]));
}

function fitCost(table: RoutingTable, column: number, price: ModelEntry | undefined): ModelCost | null {
  if (price !== undefined && price.inputPer1M !== null && price.outputPer1M !== null) {
    const { inputPer1M, outputPer1M } = price;
    const meanOutputTokens = columnMean(table, table.outputTokens, column);
    return { kind: 'per-token', inputPer1M, outputPer1M, meanOutputTokens };
  }
  const meanUsd = columnMean(table, table.costsUsd, column);
  return meanUsd === null ? null : { kind: 'per-request', meanUsd };
}

/** Mean of a model's known cells; null where none is. */
function columnMean(table: RoutingTable, cells: Float32Array | Float64Array, column: number): number | null {
  let sum = 0;
  let count = 0;
  for (let row = 0; row < rowCount(table); row++) {
    const value = cells[row * table.models.length + column] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    sum += value;
    count += 1;
  }
  return count === 0 ? null : sum / count;
}
