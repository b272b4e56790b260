import type { NativeHeadSpec } from '../bindings/addon.ts';

type ScoredSpec = Exclude<NativeHeadSpec, { readonly kind: 'constant' }>;

/** Scores of one embedding by the formulas of native/model/heads.h, in float64. */
export function scoreByDefinition(spec: ScoredSpec, embedding: Float32Array): number[] {
  const scores = rawScores(spec, embedding);
  return scores.map((score) => Math.min(1, Math.max(0, score)));
}

function rawScores(spec: ScoredSpec, embedding: Float32Array): number[] {
  switch (spec.kind) {
    case 'linear':
      return Array.from(spec.bias, (bias, model) => bias + innerProduct(spec.weight, model, embedding));
    case 'pairwise':
      return pairwiseScores(spec, embedding);
    case 'neighbour':
      return neighbourScores(spec, embedding);
  }
}

function pairwiseScores(
  { hidden, promptWeight, modelPart, outWeight, outBias }: Extract<ScoredSpec, { kind: 'pairwise' }>,
  embedding: Float32Array,
): number[] {
  const prompt = Array.from({ length: hidden }, (_, unit) => innerProduct(promptWeight, unit, embedding));
  return Array.from(outBias, (bias, model) => {
    const logit = prompt.reduce((sum, value, unit) => {
      const activation = Math.max(0, value + at(modelPart, model * hidden + unit));
      return sum + at(outWeight, unit) * activation;
    }, bias);
    return 1 / (1 + Math.exp(-logit));
  });
}

function neighbourScores(
  { k, temperature, priorWeight, keys, scores, prior }: Extract<ScoredSpec, { kind: 'neighbour' }>,
  embedding: Float32Array,
): number[] {
  const rows = Array.from({ length: keys.length / embedding.length }, (_, row) => ({
    row,
    similarity: innerProduct(keys, row, embedding),
  }));
  const nearest = rows.toSorted((a, b) => b.similarity - a.similarity).slice(0, k);
  const highest = nearest[0]?.similarity ?? Number.NaN;
  const weights = nearest.map(({ similarity }) => Math.exp((similarity - highest) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, priorWeight);
  return Array.from(prior, (priorScore, model) => {
    const sum = nearest.reduce(
      (partial, { row }, index) => partial + at(weights, index) * at(scores, row * prior.length + model),
      priorWeight * priorScore,
    );
    return sum / total;
  });
}

/** Row `row` of a row-major matrix times `vector`. */
function innerProduct(matrix: Float32Array, row: number, vector: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < vector.length; index++) {
    sum += at(matrix, row * vector.length + index) * at(vector, index);
  }
  return sum;
}

function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? Number.NaN;
}
