import type { RouterManifest } from '../artifact/schema.ts';
import type { FeedbackRecord, StoredRouter } from '../feedback/records.ts';
import { widenFloat16 } from '../onnx/half.ts';
import type { PolicySpec } from '../policy/policy.ts';

/** Scored decisions in the order they were made, with a router's models for columns; matrices are row-major. */
export interface FeedbackRows {
  readonly rows: number;
  readonly models: readonly string[];
  /** [rows, dimension], what heads are given. */
  readonly features: Float32Array;
  /** [rows] the column of the model that answered. */
  readonly chosen: Int32Array;
  /** [rows], in [0, 1]. */
  readonly scores: Float64Array;
  /** [rows] how probable it was that this model answered. */
  readonly probabilities: Float64Array;
  /** [rows, models]: 1 for models that satisfied the constraints. */
  readonly atChoice: Uint8Array;
  /** [rows, models] predicted, in USD; NaN for models that were not up for choice. */
  readonly costUsd: Float64Array;
  /** [rows] */
  readonly policies: readonly PolicySpec[];
  /** [rows] */
  readonly inputTokens: Float64Array;
  /** [rows] milliseconds since 1970. */
  readonly decidedAt: Float64Array;
}

/** Feedback that a router cannot learn from. */
export interface SkippedFeedback {
  /** Made by a router with another encoder, or other features. */
  readonly otherEncoder: number;
  /** Of a model that the router does not know. */
  readonly otherModel: number;
}

/** The feedback of a store, of whichever routers, as one with these models and this encoder sees it. */
export function feedbackRows(
  records: Iterable<FeedbackRecord>,
  routers: ReadonlyMap<string, StoredRouter>,
  { models: listed, encoder }: Pick<RouterManifest, 'models' | 'encoder'>,
): { readonly feedback: FeedbackRows; readonly skipped: SkippedFeedback } {
  const models = listed.map(({ id }) => id);
  const wanted = layoutOf(encoder);
  const known = new Map(
    [...routers].map(([id, router]) => [
      id,
      {
        isAlike: layoutOf(router.encoder) === wanted,
        columns: models.map((model) => router.models.indexOf(model)),
      },
    ]),
  );
  const skipped = { otherEncoder: 0, otherModel: 0 };
  let dimension = 0;
  const kept: { readonly record: FeedbackRecord; readonly columns: readonly number[] }[] = [];
  for (const record of records) {
    const router = known.get(record.router);
    const isAlike = router?.isAlike === true;
    if (isAlike && dimension === 0) dimension = record.features.length;
    if (!isAlike || record.features.length !== dimension) skipped.otherEncoder += 1;
    else if (!models.includes(record.model)) skipped.otherModel += 1;
    else kept.push({ record, columns: router.columns });
  }
  const features = new Float32Array(kept.length * dimension);
  const matrix = kept.length * models.length;
  const atChoice = new Uint8Array(matrix);
  const costUsd = new Float64Array(matrix).fill(Number.NaN);
  for (const [row, { record, columns }] of kept.entries()) {
    features.set(widenFloat16(record.features), row * dimension);
    for (const [column, from] of columns.entries()) {
      if (from < 0) continue; // the router of then did not have it
      atChoice[row * models.length + column] = record.atChoice[from] ?? 0;
      costUsd[row * models.length + column] = record.costUsd[from] ?? Number.NaN;
    }
  }
  const numbers = (of: (record: FeedbackRecord) => number) =>
    Float64Array.from(kept, ({ record }) => of(record));
  const feedback = {
    rows: kept.length,
    models,
    features,
    chosen: Int32Array.from(kept, ({ record }) => models.indexOf(record.model)),
    scores: numbers(({ score }) => score),
    probabilities: numbers(({ probability }) => probability),
    atChoice,
    costUsd,
    policies: kept.map(({ record }) => record.policy),
    inputTokens: numbers(({ inputTokens }) => inputTokens),
    decidedAt: numbers(({ decidedAt }) => decidedAt),
  };
  return { feedback, skipped };
}

/** The rows from `from` up to `to`. */
export function sliceRows(feedback: FeedbackRows, from: number, to: number): FeedbackRows {
  const { rows, models, features } = feedback;
  const dimension = features.length / rows;
  return {
    rows: to - from,
    models,
    features: features.subarray(from * dimension, to * dimension),
    chosen: feedback.chosen.subarray(from, to),
    scores: feedback.scores.subarray(from, to),
    probabilities: feedback.probabilities.subarray(from, to),
    atChoice: feedback.atChoice.subarray(from * models.length, to * models.length),
    costUsd: feedback.costUsd.subarray(from * models.length, to * models.length),
    policies: feedback.policies.slice(from, to),
    inputTokens: feedback.inputTokens.subarray(from, to),
    decidedAt: feedback.decidedAt.subarray(from, to),
  };
}

/** Whatever changes features: two encoders that agree in it give the same ones. */
function layoutOf(encoder: RouterManifest['encoder']): string {
  const {
    sha256,
    dimension,
    maxTokens,
    pooling,
    normalize,
    view = 'head',
    features = ['embedding'],
  } = encoder;
  return JSON.stringify([sha256, dimension, maxTokens, pooling, normalize, view, features]);
}
