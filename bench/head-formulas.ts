import type { NativeHeadSpec } from '../bindings/addon.ts';
import { trustAt } from '../lib/estimator/trust-curve.ts';

/** Scores of one embedding by the formulas of native/model/heads.h, in float64. */
export function scoreByDefinition(spec: NativeHeadSpec, embedding: Float32Array): number[] {
  const scores = rawScores(spec, embedding);
  return scores.map((score) => Math.min(1, Math.max(0, score)));
}

function rawScores(spec: NativeHeadSpec, embedding: Float32Array): number[] {
  switch (spec.kind) {
    case 'constant':
      return [...spec.scores];
    case 'stack':
      return stackScores(spec, embedding);
    case 'calibrated':
      return scoreByDefinition(spec.inner, embedding).map((score, model) => onCurve(spec, model, score));
    case 'standardised':
      return scoreByDefinition(spec.inner, standardise(spec, embedding));
    case 'projected':
      return scoreByDefinition(spec.inner, project(spec, embedding));
    case 'linear':
      return Array.from(spec.bias, (bias, model) => bias + innerProduct(spec.weight, model, embedding));
    case 'pairwise':
      return pairwiseScores(spec, embedding);
    case 'mlp':
      return mlpScores(spec, embedding);
    case 'neighbour':
      return neighbourScores(spec, embedding);
    case 'join':
      return joinScores(spec, embedding);
    case 'mix': {
      const scores = Float32Array.from(scoreByDefinition(spec.inner, embedding));
      return Array.from(spec.bias, (bias, model) => bias + innerProduct(spec.weight, model, scores));
    }
    case 'adapter':
      return scoreByDefinition(spec.inner, adaptedEmbedding(spec, embedding));
    case 'familiar':
      return familiarScores(spec, embedding);
    case 'experts':
      return expertScores(spec, embedding);
  }
}

function stackScores(
  { members, weights }: Extract<NativeHeadSpec, { kind: 'stack' }>,
  embedding: Float32Array,
): number[] {
  const scores = members.map((member) => scoreByDefinition(member, embedding));
  return (scores[0] ?? []).map((_, model) =>
    scores.reduce((sum, member, k) => sum + (weights[k] ?? 0) * (member[model] ?? 0), 0),
  );
}

function standardise(
  { mean, scale, weight }: Extract<NativeHeadSpec, { kind: 'standardised' }>,
  embedding: Float32Array,
): Float32Array {
  const weighted = embedding.map((value, d) => {
    const deviations = (value - at(mean, d)) * at(scale, d);
    return Math.min(4, Math.max(-4, deviations)) * at(weight, d);
  });
  const norm = Math.hypot(...weighted);
  return weighted.map((value) => value / norm);
}

function project(
  { projection, dimension }: Extract<NativeHeadSpec, { kind: 'projected' | 'familiar' }>,
  embedding: Float32Array,
): Float32Array {
  return Float32Array.from({ length: projection.length / dimension }, (_, row) =>
    innerProduct(projection, row, embedding),
  );
}

function familiarScores(
  spec: Extract<NativeHeadSpec, { kind: 'familiar' }>,
  embedding: Float32Array,
): number[] {
  const { k, keys, similarities, trust, fallback } = spec;
  const prompt = project(spec, embedding);
  const all = Array.from({ length: keys.length / prompt.length }, (_, row) =>
    innerProduct(keys, row, prompt),
  );
  const nearest = all.toSorted((a, b) => b - a).slice(0, k);
  const familiarity = nearest.reduce((sum, value) => sum + value, 0) / nearest.length;
  const trusted = trustAt({ familiarity: [...similarities], trust: [...trust] }, familiarity);
  const beyond = scoreByDefinition(spec.inner, embedding).map((score, model) => score - at(fallback, model));
  const shared = beyond.reduce((sum, value) => sum + value, 0) / beyond.length;
  return beyond.map((value, model) => at(fallback, model) + shared + trusted * (value - shared));
}

function expertScores(spec: Extract<NativeHeadSpec, { kind: 'experts' }>, embedding: Float32Array): number[] {
  const { general, taskWeight, taskBias, expertCounts, expertModels, alpha, prior } = spec;
  const logits = Array.from(taskBias, (bias, task) => bias + innerProduct(taskWeight, task, embedding));
  const largest = Math.max(...logits);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
  const isSure = 1 / total >= spec.confidence;
  const task = isSure ? logits.indexOf(largest) : logits.length;
  const first = expertCounts.slice(0, task).reduce((sum, count) => sum + count, 0);
  const own = isSure ? expertModels.slice(first, first + at(expertCounts, task)) : [];
  const experts = own.map((_, k) => first + k);
  const answers = pairwiseScores(
    {
      ...general,
      modelPart: Float32Array.from(
        experts.flatMap((k) => [...spec.expertPart.subarray(k * general.hidden, (k + 1) * general.hidden)]),
      ),
      outBias: Float32Array.from(experts, (k) => at(spec.expertBias, k)),
    },
    embedding,
  );
  return pairwiseScores(general, embedding).map((score, model) => {
    const expert = own.indexOf(model);
    const said = expert < 0 ? score : at(answers, expert);
    return alpha * said + (1 - alpha) * at(prior, task * general.outBias.length + model);
  });
}

function joinScores(
  { members, columns }: Extract<NativeHeadSpec, { kind: 'join' }>,
  embedding: Float32Array,
): number[] {
  const scores = members.flatMap((member) => scoreByDefinition(member, embedding));
  return scores.map((_, model) => scores[columns.indexOf(model)] ?? Number.NaN);
}

function adaptedEmbedding(
  { downWeight, downBias, upWeight }: Extract<NativeHeadSpec, { kind: 'adapter' }>,
  embedding: Float32Array,
): Float32Array {
  const units = downBias.map((bias, unit) => Math.max(0, bias + innerProduct(downWeight, unit, embedding)));
  return embedding.map((value, index) => value + innerProduct(upWeight, index, units));
}

function onCurve(
  { knots, curve }: Extract<NativeHeadSpec, { kind: 'calibrated' }>,
  model: number,
  score: number,
): number {
  const position = score * (knots - 1);
  const below = Math.min(Math.floor(position), knots - 2);
  const [left = 0, right = 0] = curve.subarray(model * knots + below, model * knots + below + 2);
  return left + (position - below) * (right - left);
}

function pairwiseScores(
  { hidden, promptWeight, modelPart, outWeight, outBias }: Extract<NativeHeadSpec, { kind: 'pairwise' }>,
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

function mlpScores({ layers }: Extract<NativeHeadSpec, { kind: 'mlp' }>, embedding: Float32Array): number[] {
  let values: ArrayLike<number> = embedding;
  for (const { weight, bias } of layers) {
    const inputs: ArrayLike<number> =
      values === embedding ? embedding : Array.from(values, (x) => Math.max(0, x));
    values = Array.from(bias, (start, output) => start + innerProduct(weight, output, inputs));
  }
  return Array.from(values, (logit) => 1 / (1 + Math.exp(-logit)));
}

function neighbourScores(
  { k, temperature, priorWeight, keys, scores, prior }: Extract<NativeHeadSpec, { kind: 'neighbour' }>,
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
function innerProduct(matrix: Float32Array, row: number, vector: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < vector.length; index++) {
    sum += at(matrix, row * vector.length + index) * at(vector, index);
  }
  return sum;
}

function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? Number.NaN;
}
