/**
 * What the parts of bench/tasks.ts have in common: a set with its features, rows on one scale, and what holds predictions of test
 * rows against what was measured.
 */
import { join } from 'node:path';
import {
  defaultFeatures,
  defaultMaxTokens,
  defaultView,
  findEncoder,
} from '../../lib/artifact/encoder-files.ts';
import { costValues } from '../../lib/cost/cost-head.ts';
import { readModels } from '../../lib/data/models.ts';
import { readRoutingData } from '../../lib/data/read.ts';
import { subsetTable } from '../../lib/data/subset.ts';
import type { RoutingTable } from '../../lib/data/table.ts';
import type { LabelledEmbeddings } from '../../lib/estimator/estimator.ts';
import { routingError } from '../../lib/estimator/routing-error.ts';
import { fitStandardisation, standardise } from '../../lib/estimator/standardise.ts';
import { gatherRows } from '../../lib/estimator/take-rows.ts';
import { evaluateWithSamples } from '../../lib/evaluate/evaluate.ts';
import type { Evaluation } from '../../lib/evaluate/evaluation.ts';
import type { PromptEmbeddings } from '../../lib/train/embed-prompts.ts';
import { embedTable, labelledRows } from '../../lib/train/embed-table.ts';
import { inputOfPredictions } from '../../lib/train/evaluation-input.ts';
import { heldPositions, heldRows, type LearningRows } from '../../lib/train/learning-rows.ts';
import { fitModelCosts } from '../../lib/train/model-costs.ts';
import { requirePrices } from '../../lib/train/model-prices.ts';

/** A set, and everything that splits do not change. */
export interface Ground {
  readonly table: RoutingTable;
  readonly embedded: PromptEmbeddings;
  readonly registry: Awaited<ReturnType<typeof readModels>>;
}

export async function prepare(folder: string, set: string): Promise<Ground> {
  const path = join(folder, set);
  const table = await readRoutingData([join(path, 'prompts.jsonl.gz')]);
  const found = await findEncoder(null, defaultMaxTokens);
  const options = { ...found.options, view: defaultView, features: defaultFeatures };
  return {
    table,
    embedded: await embedTable(table, { ...found, options }),
    registry: await readModels(join(path, 'models.json')),
  };
}

/** Learning and test rows on one scale, as inner estimators see them. */
export interface Field {
  readonly training: LabelledEmbeddings;
  readonly test: LabelledEmbeddings;
}

export function scaleRows(
  { table, embedded }: Ground,
  train: readonly number[],
  test: readonly number[],
): Field {
  const training = labelledRows(table, embedded, train);
  const scale = fitStandardisation(training);
  const onScale = ({ blocks: _, ...rows }: LabelledEmbeddings): LabelledEmbeddings => ({
    ...rows,
    embeddings: standardise(scale, rows.embeddings),
  });
  return { training: onScale(training), test: onScale(labelledRows(table, embedded, test)) };
}

/** What predictions are worth on test rows. */
export interface Judgement {
  readonly gapClosed: number;
  /** gapClosed on resamples of groups of prompts, the same for all predictions. */
  readonly samples: readonly number[];
  readonly routingError: number;
  /** Mean quality, at equal cost, over the best static mix of models on these very rows. */
  readonly areaOverZero: number;
  /** The same on the learning rows that were held out, to choose by; null where there are no predictions of them. */
  readonly held: { readonly gapClosed: number; readonly routingError: number } | null;
  /** By the best single model's: at the setting of the highest quality on learning rows that were held out, where they are known. */
  readonly best: { readonly qualityShare: number; readonly costShare: number };
}

/** @param outOfFold predictions of the learning rows by estimators that were not trained on them; null: chosen in hindsight */
export type Judge = (predicted: Float32Array, outOfFold: Float32Array | null, resamples: number) => Judgement;

export async function judgeOf(
  { table, embedded, registry }: Ground,
  learning: LearningRows,
  test: readonly number[],
): Promise<Judge> {
  const sourced = await requirePrices(subsetTable(table, learning.rows), registry);
  const costs = fitModelCosts({ table, embedded, learning, registry }, sourced);
  const prices = new Map([...sourced].map(([id, { price }]) => [id, price]));
  const measured = { table, embedded, prices };
  const columns = table.models.length;
  const { embeddings } = labelledRows(table, embedded, test);
  const testCosts = costs.costHead === null ? null : costValues(costs.costHead, embeddings, test.length);
  const held = heldPositions(learning);
  const heldCosts = costs.outOfFold === null ? null : gatherRows(costs.outOfFold, columns, held);
  const evaluated = (
    rows: readonly number[],
    quality: Float32Array,
    costs_: Float32Array | null,
    resamples: number,
  ) => {
    const predicted = { quality, costValues: costs_ };
    const { input } = inputOfPredictions(measured, rows, costs.models, predicted);
    return { input, ...evaluateWithSamples(input, { resamples }) };
  };
  return (predicted, outOfFold, resamples) => {
    const { input, evaluation, samples } = evaluated(test, predicted, testCosts, resamples);
    const quality = outOfFold === null ? null : gatherRows(outOfFold, columns, held);
    const onHeld = quality === null ? null : evaluated(heldRows(learning), quality, heldCosts, 0);
    return {
      gapClosed: evaluation.gapClosed ?? Number.NaN,
      samples: (samples.get('gapClosed') ?? []).map((value) => Math.round(1e5 * (value ?? Number.NaN)) / 1e5),
      routingError: routingError(predicted, Float32Array.from(input.scores), columns),
      areaOverZero: evaluation.area - evaluation.controls.zero.area,
      held:
        onHeld === null || quality === null
          ? null
          : {
              gapClosed: onHeld.evaluation.gapClosed ?? Number.NaN,
              routingError: routingError(quality, Float32Array.from(onHeld.input.scores), columns),
            },
      best: bestPoint(evaluation, (onHeld ?? { evaluation }).evaluation),
    };
  };
}

/** The cost weight of the highest quality on the one side, as the nearest one does on the other. */
function bestPoint(on: Evaluation, chosenOn: Evaluation): Judgement['best'] {
  const settings = ({ curve }: Evaluation) =>
    curve.filter(({ policy, setting }) => policy === 'utility' && setting !== 'Infinity');
  const best = settings(chosenOn).reduce((a, b) => (b.quality > a.quality ? b : a));
  const away = (setting: number | string) => Math.abs(Number(setting) - Number(best.setting));
  const nearest = settings(on).reduce((a, b) => (away(b.setting) < away(a.setting) ? b : a));
  const single = on.controls.best;
  return { qualityShare: nearest.quality / single.quality, costShare: nearest.costUsd / single.costUsd };
}

export function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}
