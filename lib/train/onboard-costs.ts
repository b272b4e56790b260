import type { CostHead } from '../cost/cost-head.ts';
import type { ModelCost } from '../cost/model-cost.ts';
import type { SourcedPrice } from '../cost/price-catalogue.ts';
import type { PricedModel } from '../cost/price-models.ts';
import { foldRows } from '../data/fold-rows.ts';
import type { RoutingTable } from '../data/table.ts';
import { PointsmanError } from '../errors.ts';
import { type CostData, type FittedCosts, fitModelCosts } from './model-costs.ts';

/** Fewer answers of known length tell a mean only, not how it goes by the prompt. */
const leastPredictedAnswers = 100;
/** How many answers the old models' mean length counts for where the new model's is not known by the prompt. */
const priorAnswers = 5;
/** For the settings of the cost head. */
const folds = 4;

/** What is known of the costs of a router and of a model that is added to it. */
export interface AddedCostData extends Omit<CostData, 'learning'> {
  /** Column of the new model only. */
  readonly table: RoutingTable;
  /** Models of the router. */
  readonly old: readonly PricedModel[];
  readonly oldHead: CostHead | null;
  readonly seed: number;
}

/**
 * How the new model will be priced, and the router's cost head with a row for it. With 100 answers of known length (or
 * cost) its answers are predicted by the prompt as in training; with fewer, its mean stands for every prompt, shrunk
 * towards the mean of the old models.
 * @param prices of `requirePrices`: none where the model has measured costs instead
 */
export function fitAddedCost(
  data: AddedCostData,
  prices: ReadonlyMap<string, SourcedPrice>,
): { readonly model: PricedModel; readonly costHead: CostHead | null } {
  const { table, old, oldHead } = data;
  const known = knownAnswers(table, prices.size > 0);
  const predicts = known >= leastPredictedAnswers;
  const learning = {
    rows: [...table.groups.keys()],
    folds: predicts ? foldRows(table.groups, folds, data.seed) : table.groups.map(() => -1),
  };
  const fitted = fitModelCosts({ ...data, learning }, prices);
  const [model] = fitted.models;
  if (model === undefined) throw new PointsmanError('ERR_INTERNAL', 'no cost was fitted for the only model');
  if (predicts) return { model, costHead: appendRow(oldHead, fitted, old.length) };
  const cost = withoutPrediction(model.cost, meanOutputTokens(old), known);
  return { model: { id: model.id, cost }, costHead: appendRow(oldHead, null, old.length) };
}

/** Cells whose answer tokens, or whose cost where there is no price, the data states. */
function knownAnswers({ outputTokens, costsUsd }: RoutingTable, isPriced: boolean): number {
  return [...(isPriced ? outputTokens : costsUsd)].filter((value) => !Number.isNaN(value)).length;
}

/** Mean over the old models that state a mean answer; null where none does. */
function meanOutputTokens(old: readonly PricedModel[]): number | null {
  const means = old.flatMap(({ cost }) => (cost.kind === 'per-token' ? (cost.meanOutputTokens ?? []) : []));
  return means.length === 0 ? null : means.reduce((sum, mean) => sum + mean, 0) / means.length;
}

function withoutPrediction(cost: ModelCost, prior: number | null, known: number): ModelCost {
  if (cost.kind === 'per-request') return { kind: 'per-request', meanUsd: cost.meanUsd };
  const { predictedOutput: _, meanOutputTokens: own, ...rest } = cost;
  const share = known / (known + priorAnswers);
  const shrunk = own === null ? prior : share * own + (1 - share) * (prior ?? own);
  return { ...rest, meanOutputTokens: shrunk };
}

/** Zeros for models of which nothing is predicted; null where there are none but those. */
function appendRow(head: CostHead | null, added: FittedCosts | null, old: number): CostHead | null {
  const own = added?.costHead ?? null;
  const dimension = (head ?? own)?.dimension;
  if (dimension === undefined) return null;
  const weight = new Float32Array((old + 1) * dimension);
  const bias = new Float32Array(old + 1);
  if (head !== null) {
    weight.set(head.weight);
    bias.set(head.bias);
  }
  if (own !== null) {
    weight.set(own.weight, old * dimension);
    bias.set(own.bias, old);
  }
  return { dimension, weight, bias };
}
