import type { LabelledEmbeddings } from '../../lib/estimator/estimator.ts';
import { Random } from '../../lib/nn/random.ts';

const DIMENSION = 24;
export const MODELS = ['generalist', 'mathematician', 'poet', 'dice'] as const;

/** How likely each model is right on a prompt whose first embedding values are `topic` and `difficulty`. */
function probabilities(topic: number, difficulty: number): readonly number[] {
  const likely = (x: number) => 1 / (1 + Math.exp(-x));
  return [likely(1 - 8 * difficulty), likely(14 * topic), likely(-14 * topic), 0.4];
}

/**
 * Unit embeddings and pass/fail scores of four models: one is good at easy prompts, two at opposite topics, the last
 * is right at random.
 */
export function plantedData(rows: number, seed: number): LabelledEmbeddings {
  const random = new Random(seed);
  const embeddings = new Float32Array(rows * DIMENSION);
  const scores = new Float32Array(rows * MODELS.length);
  for (let row = 0; row < rows; ++row) {
    const vector = Array.from({ length: DIMENSION }, () => random.normal());
    const norm = Math.hypot(...vector);
    embeddings.set(
      vector.map((value) => value / norm),
      row * DIMENSION,
    );
    const [topic = 0, difficulty = 0] = embeddings.subarray(row * DIMENSION);
    const outcomes = probabilities(topic, difficulty).map((p) => (random.uniform() < p ? 1 : 0));
    scores.set(outcomes, row * MODELS.length);
  }
  return { rows, dimension: DIMENSION, models: MODELS, embeddings, scores };
}

/** The same data with each score of one model replaced with probability `share`. */
export function replaceScores(
  data: LabelledEmbeddings,
  model: number,
  share: number,
  value: number,
): LabelledEmbeddings {
  const random = new Random(77);
  const scores = data.scores.slice();
  for (let row = 0; row < data.rows; ++row) {
    if (random.uniform() < share) scores[row * data.models.length + model] = value;
  }
  return { ...data, scores };
}

/** Mean squared error over all cells, which must be known. */
export function meanSquaredError(predictions: Float32Array, scores: Float32Array): number {
  return predictions.reduce((sum, p, i) => sum + (p - (scores[i] as number)) ** 2, 0) / scores.length;
}
