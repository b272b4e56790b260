import type { LabelledEmbeddings } from '../../lib/estimator/estimator.ts';
import { Random } from '../../lib/nn/random.ts';
import type { LabelledPrompts } from '../../lib/onboard/fit-added-model.ts';

export const dimension = 24;
export const oldModels = ['strong', 'weak', 'poet'] as const;

/** How likely a model is right: ability less difficulty, plus how far the topic, a value of the embedding, is its own. */
interface Planted {
  readonly ability: number;
  readonly topic: number;
  readonly slope: number;
}

const planted: readonly Planted[] = [
  { ability: 1.5, topic: 1, slope: 0 },
  { ability: -1, topic: 1, slope: 0 },
  { ability: 0, topic: 1, slope: 14 },
];

const chance = (x: number) => 1 / (1 + Math.exp(-x));

/** Unit embeddings of `rows` prompts; value 0 is difficulty, the others are topics. */
function plantedPrompts(rows: number, seed: number) {
  const random = new Random(seed);
  const embeddings = new Float32Array(rows * dimension);
  for (let row = 0; row < rows; row++) {
    const vector = Array.from({ length: dimension }, () => random.normal());
    const norm = Math.hypot(...vector);
    embeddings.set(
      vector.map((value) => value / norm),
      row * dimension,
    );
  }
  const value = (row: number, at: number) => embeddings[row * dimension + at] ?? 0;
  const chanceOf = (row: number, { ability, topic, slope }: Planted) =>
    chance(ability + slope * value(row, topic) - 12 * value(row, 0));
  return { random, embeddings, chanceOf };
}

/** Pass/fail scores of the old models. */
export function plantedOld(rows: number, seed: number): LabelledEmbeddings {
  const { random, embeddings, chanceOf } = plantedPrompts(rows, seed);
  const scores = Float32Array.from({ length: rows * planted.length }, (_, cell) => {
    const model = planted[cell % planted.length] ?? { ability: 0, topic: 1, slope: 0 };
    return random.uniform() < chanceOf(Math.floor(cell / planted.length), model) ? 1 : 0;
  });
  return { rows, dimension, models: oldModels, embeddings, scores };
}

/** Pass/fail scores of a new model, every prompt a group of its own, with the chances that they were drawn with. */
export function plantedNew(
  rows: number,
  seed: number,
  model: Planted,
): LabelledPrompts & { readonly chances: Float64Array } {
  const { random, embeddings, chanceOf } = plantedPrompts(rows, seed);
  const chances = Float64Array.from({ length: rows }, (_, row) => chanceOf(row, model));
  return {
    rows,
    dimension,
    embeddings,
    scores: chances.map((one) => (random.uniform() < one ? 1 : 0)),
    oldScores: null,
    groups: Array.from({ length: rows }, (_, row) => `prompt ${row}`),
    chances,
  };
}

/** `plantedNew` on prompts that all models, whose scores are stated, have bad luck with: one bar a prompt, from 0.4 to 1. */
export function plantedUnlucky(rows: number, seed: number, model: Planted): ReturnType<typeof plantedNew> {
  const { random, embeddings, chanceOf } = plantedPrompts(rows, seed);
  const bars = Float64Array.from({ length: rows }, () => 0.4 + 0.6 * random.uniform());
  const isRight = (row: number, one: Planted) => ((bars[row] ?? 1) < chanceOf(row, one) ? 1 : 0);
  const all = [...bars.keys()];
  return {
    rows,
    dimension,
    embeddings,
    scores: Float64Array.from(all, (row) => isRight(row, model)),
    oldScores: Float32Array.from(all.flatMap((row) => planted.map((one) => isRight(row, one)))),
    groups: all.map((row) => `prompt ${row}`),
    chances: Float64Array.from(all, (row) => chanceOf(row, model)),
  };
}
