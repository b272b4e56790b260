import { PointsmanError } from '../errors.ts';
import type { LabelledEmbeddings } from './estimator.ts';

/**
 * Checks what every kind of estimator relies on: rows on both sides, one list of models and one dimension, embeddings
 * without NaN or infinity, scores in [0, 1] or NaN, and at least one training score for every model.
 * Throws ERR_INVALID_DATA.
 */
export function checkTrainingData(training: LabelledEmbeddings, validation: LabelledEmbeddings): void {
  checkTrainingPart('training', training);
  checkPart('validation', validation);
  const { models, dimension } = training;
  if (validation.dimension !== dimension) {
    throw invalid(
      `training embeddings have ${dimension} values, validation embeddings ${validation.dimension}`,
    );
  }
  const differing = models.findIndex((model, i) => model !== validation.models[i]);
  if (differing >= 0 || models.length !== validation.models.length) {
    throw invalid(
      `training and validation must have the same models in the same order, got ${models.join(', ')} ` +
        `and ${validation.models.join(', ')}`,
    );
  }
}

/** The same for rows on their own, every model of which must have a score. */
export function checkTrainingPart(name: string, data: LabelledEmbeddings): void {
  checkPart(name, data);
  const unscored = data.models.find((_, model) => !hasScore(data, model));
  if (unscored !== undefined) {
    throw invalid(`model ${unscored} has no score in the ${name} rows: add some, or leave the model out`);
  }
}

/** The mean known score of each model; NaN for a model without any. */
export function modelMeans(data: LabelledEmbeddings): Float32Array {
  const count = data.models.length;
  return Float32Array.from({ length: count }, (_, model) => {
    let total = 0;
    let known = 0;
    for (let cell = model; cell < data.scores.length; cell += count) {
      const score = data.scores[cell] as number;
      if (Number.isNaN(score)) continue;
      total += score;
      known += 1;
    }
    return total / known;
  });
}

function checkPart(name: string, data: LabelledEmbeddings): void {
  const { rows, dimension, models, embeddings, scores } = data;
  if (models.length === 0) throw invalid(`the ${name} data name no model`);
  if (rows === 0) throw invalid(`there are no ${name} rows`);
  if (embeddings.length !== rows * dimension || scores.length !== rows * models.length) {
    throw invalid(
      `${rows} ${name} rows need ${rows * dimension} embedding values and ${rows * models.length} scores, ` +
        `got ${embeddings.length} and ${scores.length}`,
    );
  }
  const broken = embeddings.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) {
    const row = Math.floor(broken / dimension);
    throw invalid(`the embedding of ${name} row ${row} is not finite: it holds ${embeddings[broken]}`);
  }
  const impossible = scores.findIndex((score) => score < 0 || score > 1);
  if (impossible >= 0) {
    const row = Math.floor(impossible / models.length);
    throw invalid(
      `the score of model ${models[impossible % models.length]} on ${name} row ${row} must be in [0, 1], ` +
        `got ${scores[impossible]}`,
    );
  }
}

function hasScore(data: LabelledEmbeddings, model: number): boolean {
  for (let cell = model; cell < data.scores.length; cell += data.models.length) {
    if (!Number.isNaN(data.scores[cell])) return true;
  }
  return false;
}

function invalid(message: string): PointsmanError {
  return new PointsmanError('ERR_INVALID_DATA', message);
}
