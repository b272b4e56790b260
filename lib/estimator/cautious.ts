import { checkpoint } from './checkpoint.ts';
import { crossFit } from './cross-fit.ts';
import type {
  CrossFitted,
  EstimatorFactory,
  EstimatorState,
  LabelledEmbeddings,
  QualityEstimator,
  StateTensor,
  TrainingOptions,
} from './estimator.ts';
import { familiarityAcross, familiarNeighbours, type StoredPrompts, storePrompts } from './familiarity.ts';
import { pickModels } from './pick-models.ts';
import { predictAll } from './predict.ts';
import { weighRoutingErrors } from './routing-error.ts';
import { sampleRows } from './sample-rows.ts';
import { readTensor } from './state.ts';
import { takeRows } from './take-rows.ts';
import { topicParts } from './topics.ts';
import { modelMeans } from './training-data.ts';
import { fitTrustCurve, type TrustCurve, type TrustObservation, trustAt } from './trust-curve.ts';

/**
 * What a row of an unseen topic counts for beside one like the training rows, in how far to trust. The more, the more do the
 * latter, most of what a router meets, pay for the former. `ipr` on mixed-2024 with weights 0, 0.1, 0.3 and 1: gapClosed on test
 * rows (3 seeds) 12.9, 12.9, 12.6 and 12.2 %; sources left out, points over the static mix that the others chose, mean of eight
 * and worst, -0.7 (-3.9), +0.2 (-1.8), +0.5 (-1.8) and +0.5 (-1.3).
 */
const UNSEEN_WEIGHT = 0.2;

/** Rows that topics are held out of at most: how far to trust is one curve, and each topic's absence costs a training. */
const MOST_UNSEEN = 20_000;

/** Steps of progress in all, and those of cross-fitting; the rest is training without single topics. */
const PROGRESS = 100;
const CROSS_FITTING = 60;

/**
 * A kind of estimator that says less of how models differ on prompts unlike those it was trained on, and more that they differ as
 * on average, as far as that made it better on topics it had not seen: what it says of those is otherwise worth less than the
 * means, which at least send every prompt to a model that is good on average. How hard a prompt is for all of them stays.
 * Where it is cross-fitted only: how much to trust is learnt there, from rows held out at random, which are like the others, and
 * rows held out topic by topic, which are not.
 */
export function cautious(inner: EstimatorFactory): EstimatorFactory {
  return {
    kind: inner.kind,
    train: inner.train,
    async crossFit(data, folds, options) {
      const fitted = await crossFit(inner, data, folds, scaled(options, 0, CROSS_FITTING));
      const away = await predictUnseenTopics(inner, data, folds, scaled(options, CROSS_FITTING, PROGRESS));
      const stored = storePrompts(data, options.seed ?? 0);
      const fallback = modelMeans(data);
      const among = familiarityAcross(data, stored, folds);
      const curve = fitTrustCurve([
        ...observe(data, fitted.outOfFold, fallback, among),
        ...observe(data, away.predicted, fallback, familiarityAcross(data, stored, away.parts)).map(
          weighUnseen,
        ),
      ]);
      if (curve === null || curve.trust.every((trust) => trust === 1)) return fitted;
      return draw(fitted, { curve, stored, fallback }, among);
    },
    fromState(state, models, dimension) {
      const { caution, inner: own } = splitCaution(state, models.length, dimension);
      const estimator = inner.fromState(own, models, dimension);
      return caution === null ? estimator : wrap(estimator, caution);
    },
  };
}

/** When to trust, and what differences between models to expect otherwise. */
interface Caution {
  readonly curve: TrustCurve;
  readonly stored: Pick<StoredPrompts, 'projection' | 'keys'>;
  /** [models] */
  readonly fallback: Float32Array;
}

/**
 * Predictions [rows, models] of rows, a random part of them where they are many, by estimators that saw no row of the same topic;
 * NaN of the others, and where none could be trained.
 */
async function predictUnseenTopics(
  inner: EstimatorFactory,
  data: LabelledEmbeddings,
  folds: readonly number[],
  options: TrainingOptions,
): Promise<{ readonly predicted: Float32Array; readonly parts: readonly number[] }> {
  const { seed = 0, signal } = options;
  const parts = await topicParts(data, { seed, signal });
  const predicted = new Float32Array(data.scores.length).fill(Number.NaN);
  const count = parts.reduce((a, b) => Math.max(a, b), 0) + 1;
  const used = sampleRows(data.rows, MOST_UNSEEN, seed);
  for (let part = 0; part < count; ++part) {
    await checkpoint(signal);
    const rowsWhere = (isTaken: (fold: number, its: number) => boolean) =>
      used.filter((row) => isTaken(folds[row] ?? 0, parts[row] ?? 0));
    const training = takeRows(
      data,
      rowsWhere((fold, its) => its !== part && fold !== 0),
    );
    const validation = takeRows(
      data,
      rowsWhere((fold, its) => its !== part && fold === 0),
    );
    if (training.rows === 0 || validation.rows === 0) continue;
    const columns = scoredModels(training);
    const stage = scaled(
      options,
      (PROGRESS * part) / count,
      (PROGRESS * (part + 1)) / count,
      `without topics, ${part + 1} of ${count}: `,
    );
    const estimator = await inner.train(
      pickModels(training, columns),
      pickModels(validation, columns),
      stage,
    );
    const held = rowsWhere((_, its) => its === part);
    const { embeddings } = takeRows(data, held);
    const own = predictAll(estimator, embeddings, held.length);
    for (const [from, row] of held.entries()) {
      for (const [index, column] of columns.entries())
        predicted[row * data.models.length + column] = own[from * columns.length + index] as number;
    }
  }
  return { predicted, parts };
}

/** Columns of the models that have a score. */
function scoredModels({ models, scores }: LabelledEmbeddings): number[] {
  const known = new Set<number>();
  for (const [cell, score] of scores.entries()) if (!Number.isNaN(score)) known.add(cell % models.length);
  return [...models.keys()].filter((column) => known.has(column));
}

/** What predictions were worth, by the error that counts for routing, on every row where there are any. */
function observe(
  { models, scores }: LabelledEmbeddings,
  predicted: Float32Array,
  fallback: Float32Array,
  familiarity: Float64Array,
): TrustObservation[] {
  const known = (cell: number) => !Number.isNaN(scores[cell]) && !Number.isNaN(predicted[cell]);
  const base = scores.map((_, cell) =>
    known(cell) ? (fallback[cell % models.length] as number) : Number.NaN,
  );
  const said = weighRoutingErrors(predicted, base, models.length);
  const measured = weighRoutingErrors(scores, base, models.length);
  return Array.from(familiarity, (value, row) => {
    let squares = 0;
    let agreement = 0;
    for (let cell = row * models.length; cell < (row + 1) * models.length; ++cell) {
      squares += (said[cell] as number) ** 2;
      agreement += (said[cell] as number) * (measured[cell] as number);
    }
    return { familiarity: value, predicted: squares, agreement };
  }).filter(({ predicted: squares }) => squares > 0);
}

function weighUnseen({ familiarity, predicted, agreement }: TrustObservation): TrustObservation {
  return {
    familiarity,
    predicted: UNSEEN_WEIGHT * predicted,
    agreement: UNSEEN_WEIGHT * agreement,
  };
}

function draw(fitted: CrossFitted, caution: Caution, familiarity: Float64Array): CrossFitted {
  const { curve, fallback } = caution;
  const models = fallback.length;
  const outOfFold = fitted.outOfFold.slice();
  for (const [row, value] of familiarity.entries()) {
    const own = outOfFold.subarray(row * models, (row + 1) * models);
    const beyond =
      own.reduce((sum, quality, model) => sum + quality - (fallback[model] as number), 0) / models;
    const trust = trustAt(curve, value);
    for (const [model, quality] of own.entries()) {
      const base = (fallback[model] as number) + beyond;
      own[model] = Math.min(1, Math.max(0, base + trust * (quality - base)));
    }
  }
  return { estimator: wrap(fitted.estimator, caution), outOfFold };
}

function wrap(estimator: QualityEstimator, { curve, stored, fallback }: Caution): QualityEstimator {
  const { dimension } = estimator;
  const components = stored.projection.length / dimension;
  const [similarities, trust] = [Float32Array.from(curve.familiarity), Float32Array.from(curve.trust)];
  return {
    ...estimator,
    headSpec: () => ({
      kind: 'familiar',
      inner: estimator.headSpec(),
      dimension,
      k: familiarNeighbours,
      projection: stored.projection,
      keys: stored.keys,
      similarities,
      trust,
      fallback,
    }),
    state: () => {
      const state = estimator.state();
      const own: Record<string, StateTensor> = {
        [names.projection]: { shape: [components, dimension], data: stored.projection },
        [names.keys]: { shape: [stored.keys.length / components, components], data: stored.keys },
        [names.similarities]: { shape: [similarities.length], data: similarities },
        [names.trust]: { shape: [trust.length], data: trust },
        [names.fallback]: { shape: [fallback.length], data: fallback },
      };
      return { ...state, tensors: { ...state.tensors, ...own } };
    },
  };
}

/** Names of the tensors beside those of the inner estimator. */
const names = {
  projection: 'familiarity.projection',
  keys: 'familiarity.keys',
  similarities: 'familiarity.similarities',
  trust: 'familiarity.trust',
  fallback: 'familiarity.fallback',
} as const;

/** The caution that a state holds, null where it holds none, and the inner estimator's state. */
function splitCaution(
  state: EstimatorState,
  models: number,
  dimension: number,
): { readonly caution: Caution | null; readonly inner: EstimatorState } {
  const isOwn = (name: string) => Object.values<string>(names).includes(name);
  const inner = Object.entries(state.tensors).filter(([name]) => !isOwn(name));
  if (inner.length === Object.keys(state.tensors).length) return { caution: null, inner: state };
  const projection = readTensor(state, names.projection, [null, dimension]);
  const similarities = readTensor(state, names.similarities, [null]).data;
  return {
    caution: {
      stored: {
        projection: projection.data,
        keys: readTensor(state, names.keys, [null, projection.shape[0] ?? 0]).data,
      },
      curve: {
        familiarity: [...similarities],
        trust: [...readTensor(state, names.trust, [similarities.length]).data],
      },
      fallback: readTensor(state, names.fallback, [models]).data,
    },
    inner: { ...state, tensors: Object.fromEntries(inner) },
  };
}

/** The options of a part of the work, whose progress goes from one step of the whole to another. */
function scaled(options: TrainingOptions, from: number, to: number, name = ''): TrainingOptions {
  const { onProgress } = options;
  if (onProgress === undefined) return options;
  return {
    ...options,
    onProgress: ({ done, total, detail }) =>
      onProgress({
        done: from + Math.round((to - from) * (done / total)),
        total: PROGRESS,
        detail: `${name}${detail}`,
      }),
  };
}
