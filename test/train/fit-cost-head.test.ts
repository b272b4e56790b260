import { describe, expect, it } from 'vitest';
import { type CostHead, costValues } from '../../lib/cost/cost-head.ts';
import { type LogPrediction, type PredictedAmount, predictAmount } from '../../lib/cost/log-prediction.ts';
import { Random } from '../../lib/nn/random.ts';
import { type CostRows, type FittedCostHead, fitCostHead } from '../../lib/train/fit-cost-head.ts';

const dimension = 16;
const models = ['brief', 'rambling', 'silent', 'free'];

/**
 * Unit embeddings; `brief` answers at some 50 tokens, more on longer prompts, `rambling` at 400 that double with the
 * first value of the embedding, both spread by a factor of about `spread`; of `silent` nothing is known, and `free`
 * takes nothing.
 */
function plantedRows(rows: number, seed: number, spread = 1.6): CostRows {
  const random = new Random(seed);
  const embeddings = new Float32Array(rows * dimension);
  const amounts = new Float64Array(rows * models.length);
  const inputTokens: number[] = [];
  for (let row = 0; row < rows; row++) {
    const vector = Array.from({ length: dimension }, () => random.normal());
    const norm = Math.hypot(...vector);
    embeddings.set(
      vector.map((value) => value / norm),
      row * dimension,
    );
    const topic = (vector[0] ?? 0) / norm;
    const tokens = 10 + random.integer(990);
    inputTokens.push(tokens);
    const noise = () => spread ** random.normal();
    const brief = 50 * (tokens / 100) ** 0.4 * noise();
    amounts.set([brief, 400 * 16 ** topic * noise(), Number.NaN, 0], row * models.length);
  }
  return { rows, dimension, models, embeddings, inputTokens, amounts };
}

function predictAll({ head, predictions }: FittedCostHead, data: CostRows, model: number): PredictedAmount[] {
  const values = costValues(head, data.embeddings, data.rows);
  return Array.from({ length: data.rows }, (_, row) =>
    predictAmount(
      known(predictions[model]),
      values[row * data.models.length + model] ?? Number.NaN,
      data.inputTokens[row] ?? 0,
    ),
  );
}

function known<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('expected a value');
  return value;
}

/** Fitted on some rows with settings chosen on others. */
function fitHeldOut(training: CostRows, validation: CostRows): FittedCostHead | null {
  const amounts = new Float64Array(training.amounts.length + validation.amounts.length);
  amounts.set(training.amounts);
  amounts.set(validation.amounts, training.amounts.length);
  const embeddings = new Float32Array(training.embeddings.length + validation.embeddings.length);
  embeddings.set(training.embeddings);
  embeddings.set(validation.embeddings, training.embeddings.length);
  const rows = training.rows + validation.rows;
  const inputTokens = [...training.inputTokens, ...validation.inputTokens];
  const folds = inputTokens.map((_, row) => (row < training.rows ? -1 : 0));
  return fitCostHead({ ...training, rows, embeddings, inputTokens, amounts }, folds);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const amountsOf = (data: CostRows, model: number) =>
  Array.from({ length: data.rows }, (_, row) => data.amounts[row * models.length + model] ?? Number.NaN);

describe('the cost head', () => {
  const fitted = known(fitHeldOut(plantedRows(1500, 1), plantedRows(500, 2)));
  const fresh = plantedRows(2000, 3);

  it.each([0, 1])('gives the mean of model %s on rows it has not seen, not its median', (model) => {
    const expected = mean(predictAll(fitted, fresh, model).map(({ expected }) => expected));
    const actual = mean(amountsOf(fresh, model));
    expect(expected / actual).toBeGreaterThan(0.93);
    expect(expected / actual).toBeLessThan(1.07);
  });

  it.each([0, 1])('holds four fifths of the answers of model %s in its interval', (model) => {
    const amounts = amountsOf(fresh, model);
    const inside = predictAll(fitted, fresh, model).filter(({ low, high }, row) => {
      const amount = amounts[row] ?? Number.NaN;
      return amount >= low && amount <= high;
    });
    expect(inside.length / fresh.rows).toBeGreaterThan(0.75);
    expect(inside.length / fresh.rows).toBeLessThan(0.85);
  });

  it.each([0, 1])('follows prompt and embedding: model %s is predicted within its own spread', (model) => {
    const amounts = amountsOf(fresh, model);
    const errors = predictAll(fitted, fresh, model).map(({ low, high }, row) =>
      Math.abs(Math.log(Math.sqrt(low * high) / (amounts[row] ?? Number.NaN))),
    );
    // The mean of |normal| is 0.8 times its deviation: 0.375 is what not even the true median would go below.
    expect(mean(errors)).toBeLessThan(1.1 * 0.8 * Math.log(1.6));
  });

  it('learns how lengths grow with the prompt', () => {
    expect(fitted.predictions[0]?.perLogInput).toBeCloseTo(0.4, 1);
    expect(fitted.predictions[1]?.perLogInput).toBeCloseTo(0, 1);
  });

  it('has no prediction for a model of which nothing is known, and predicts nothing for one that takes nothing', () => {
    expect(fitted.predictions[2]).toBeNull();
    for (const amount of predictAll(fitted, fresh, 3)) {
      for (const value of Object.values(amount)) expect(value).toBeCloseTo(0, 2);
    }
  });

  it('is null where nothing is known of any model', () => {
    const unknown = (data: CostRows): CostRows => ({ ...data, amounts: data.amounts.map(() => Number.NaN) });
    expect(fitHeldOut(unknown(plantedRows(20, 1)), unknown(plantedRows(20, 2)))).toBeNull();
  });

  it('is fitted on the rows where a model is known, and calibrated on them where no validation row is', () => {
    const sparse = plantedRows(1500, 1);
    for (let row = 0; row < sparse.rows; row++)
      if (row % 3 > 0) sparse.amounts[row * models.length] = Number.NaN;
    const validation = plantedRows(500, 2);
    for (let row = 0; row < validation.rows; row++) validation.amounts[row * models.length] = Number.NaN;
    const partly = known(fitHeldOut(sparse, validation));
    const ratio =
      mean(predictAll(partly, fresh, 0).map(({ expected }) => expected)) / mean(amountsOf(fresh, 0));
    expect(ratio).toBeGreaterThan(0.9);
    expect(ratio).toBeLessThan(1.1);
  });

  it('learns from all models what calls for a long answer: nearer than each model by itself', () => {
    const names = Array.from({ length: 8 }, (_, model) => `model ${model}`);
    /** All of them answer as `rambling` does, each with its own noise. */
    const alike = (rows: number, seed: number): CostRows => {
      const planted = plantedRows(rows, seed, 1);
      const random = new Random(seed + 100);
      const amounts = new Float64Array(rows * names.length);
      for (let cell = 0; cell < amounts.length; cell++) {
        const row = Math.floor(cell / names.length);
        const amount = planted.amounts[row * models.length + 1] ?? Number.NaN;
        amounts[cell] = amount * 2 ** random.normal();
      }
      return { ...planted, models: names, amounts };
    };
    const only = (data: CostRows, model: number): CostRows => ({
      ...data,
      models: [names[model] ?? ''],
      amounts: data.amounts.filter((_, cell) => cell % names.length === model),
    });
    const [training, validation, unseen] = [alike(60, 11), alike(60, 12), alike(1000, 13)];
    const error = (fitted: FittedCostHead, data: CostRows, model: number) => {
      const amounts = data.amounts.filter((_, cell) => cell % data.models.length === model);
      const typical = predictAll(fitted, data, model).map(({ low, high }) => Math.sqrt(low * high));
      return mean(typical.map((value, row) => Math.abs(Math.log(value / (amounts[row] ?? Number.NaN)))));
    };
    const together = known(fitHeldOut(training, validation));
    const joint = names.map((_, model) => error(together, unseen, model));
    const single = names.map((_, model) => {
      const alone = known(fitHeldOut(only(training, model), only(validation, model)));
      return error(alone, only(unseen, model), 0);
    });
    expect(mean(joint)).toBeLessThan(0.97 * mean(single));
  });

  it('is the same for the same rows, bit for bit', () => {
    const again = known(fitHeldOut(plantedRows(1500, 1), plantedRows(500, 2)));
    const plain = ({ weight, bias }: CostHead, predictions: readonly (LogPrediction | null)[]) => ({
      weight: [...weight],
      bias: [...bias],
      predictions,
    });
    expect(plain(again.head, again.predictions)).toEqual(plain(fitted.head, fitted.predictions));
  });
});
