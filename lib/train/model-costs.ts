import type { CostHead } from '../cost/cost-head.ts';
import type { LogPrediction } from '../cost/log-prediction.ts';
import type { ModelCost, PromptTokens } from '../cost/model-cost.ts';
import type { SourcedPrice } from '../cost/price-catalogue.ts';
import type { PricedModel } from '../cost/price-models.ts';
import type { ModelEntry } from '../data/models.ts';
import type { RoutingTable } from '../data/table.ts';
import type { PromptEmbeddings } from './embed-prompts.ts';
import { labelledRows } from './embed-table.ts';
import { type CostRows, fitCostHead } from './fit-cost-head.ts';
import { type CountedPrompts, type FamilyCounts, fitPromptTokens } from './fit-prompt-tokens.ts';
import type { LearningRows } from './learning-rows.ts';

/** What costs are learnt from. */
export interface CostData {
  readonly table: RoutingTable;
  readonly embedded: PromptEmbeddings;
  /** Settings are chosen on rows that are held out; other rows are not looked at. */
  readonly learning: LearningRows;
  /** What models.json says; empty where there is none. */
  readonly registry: ReadonlyMap<string, Pick<ModelEntry, 'provider' | 'facts'>>;
}

/** How the requests of every model will be priced. */
export interface FittedCosts {
  readonly models: readonly PricedModel[];
  /** null where the data states neither output tokens nor costs. */
  readonly costHead: CostHead | null;
  /** [learning rows, models], what a head not trained on the row says of it; NaN for a row that no fold held out. */
  readonly outOfFold: Float32Array | null;
}

/**
 * How each model of the table will be priced: by its list price, with the provider's input tokens and the answer's
 * length learnt where the data states them; without a price by its measured costs, learnt the same way.
 * @param prices of `requirePrices`: a model that has none has measured costs
 */
export function fitModelCosts(data: CostData, prices: ReadonlyMap<string, SourcedPrice>): FittedCosts {
  const { table, learning } = data;
  const amounts = answerAmounts(table, prices);
  const fitted = fitCostHead(costRows(data, amounts), learning.folds);
  const promptTokens = fitPromptTokens(countsByFamily(data));
  const models = table.models.map((id, column): PricedModel => {
    const mean = meanAmount(table, amounts, learning.rows, column);
    const learnt = {
      mean,
      prediction: fitted?.predictions[column] ?? null,
      promptTokens: promptTokens.get(familyOf(id, data.registry)) ?? null,
    };
    return { id, cost: costOf(prices.get(id), learnt) };
  });
  return { models, costHead: fitted?.head ?? null, outOfFold: fitted?.outOfFold ?? null };
}

interface Learnt {
  /** Mean amount; null where none is known. */
  readonly mean: number | null;
  readonly prediction: LogPrediction | null;
  readonly promptTokens: PromptTokens | null;
}

function costOf(sourced: SourcedPrice | undefined, { mean, prediction, promptTokens }: Learnt): ModelCost {
  if (sourced === undefined) {
    return {
      kind: 'per-request',
      meanUsd: (mean ?? 0) / nanoPerUsd,
      ...(prediction === null ? {} : { predictedNanoUsd: prediction }),
    };
  }
  return {
    kind: 'per-token',
    ...sourced.price,
    meanOutputTokens: mean,
    ...(promptTokens === null ? {} : { promptTokens }),
    ...(prediction === null ? {} : { predictedOutput: prediction }),
    priceSource: sourced.source,
  };
}

const nanoPerUsd = 1e9;

/** [rows, models]: what the head is to predict of each model, answer tokens where it has a price, else cost. */
function answerAmounts(table: RoutingTable, prices: ReadonlyMap<string, SourcedPrice>): Float64Array {
  const priced = table.models.map((id) => prices.has(id));
  return Float64Array.from(table.outputTokens, (tokens, cell) => {
    return priced[cell % table.models.length] ? tokens : (table.costsUsd[cell] ?? Number.NaN) * nanoPerUsd;
  });
}

function costRows({ table, embedded, learning: { rows } }: CostData, amounts: Float64Array): CostRows {
  const columns = table.models.length;
  const { scores: _, ...features } = labelledRows(table, embedded, rows);
  const own = new Float64Array(rows.length * columns);
  for (const [to, row] of rows.entries()) {
    own.set(amounts.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return {
    ...features,
    inputTokens: rows.map((row) => embedded.inputTokens[row] ?? 0),
    amounts: own,
  };
}

/** Models of one provider share a tokeniser: as models.json says, or the id before its slash; else each has its own. */
function familyOf(id: string, registry: CostData['registry']): string {
  const slash = id.indexOf('/');
  return registry.get(id)?.provider ?? (slash > 0 ? id.slice(0, slash) : id);
}

function countsByFamily(data: CostData): ReadonlyMap<string, FamilyCounts> {
  const { rows, folds } = data.learning;
  const rowsWhere = (isTaken: (fold: number) => boolean) => rows.filter((_, at) => isTaken(folds[at] ?? -1));
  const training = rowsWhere((fold) => fold !== 0);
  const validation = rowsWhere((fold) => fold === 0);
  const families = new Map<string, number[]>();
  for (const [column, id] of data.table.models.entries()) {
    const family = familyOf(id, data.registry);
    families.set(family, [...(families.get(family) ?? []), column]);
  }
  return new Map(
    [...families].map(([family, columns]) => [
      family,
      {
        training: countsOf(data, training, columns),
        validation: countsOf(data, validation, columns),
      },
    ]),
  );
}

function countsOf(
  { table, embedded }: CostData,
  rows: readonly number[],
  columns: readonly number[],
): CountedPrompts {
  const counted: number[] = [];
  const stated: number[] = [];
  for (const row of rows) {
    for (const column of columns) {
      const tokens = table.inputTokens[row * table.models.length + column] ?? Number.NaN;
      if (Number.isNaN(tokens)) continue;
      counted.push(embedded.inputTokens[row] ?? 0);
      stated.push(tokens);
    }
  }
  return { counted, stated };
}

/** Mean of a model's known cells; null where none is. */
function meanAmount(
  table: RoutingTable,
  amounts: Float64Array,
  rows: readonly number[],
  column: number,
): number | null {
  const cells = rows.map((row) => amounts[row * table.models.length + column] ?? Number.NaN);
  const known = cells.filter((value) => !Number.isNaN(value));
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
