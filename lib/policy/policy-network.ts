import {
  actorFeatures,
  candidateFeatures,
  preferenceFeatures,
  preferenceVector,
} from './candidate-features.ts';
import { at, type PolicyInput } from './policy.ts';
import { addAttention, type Matrix, normaliseRow, product } from './small-matrices.ts';

/** What a policy network is made of, beside its tensors. */
export interface PolicyNetworkConfig {
  /** Of every layer. */
  readonly width: number;
  /** Of attention; divides the width. */
  readonly heads: number;
  /** Set-attention blocks before the pooling. */
  readonly blocks: number;
}

/** Tensors by name, as `Actor` in lib/policy-network has its parameters. */
export type NetworkTensors = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>
>;

interface Affine {
  readonly weight: Matrix;
  readonly bias: Float32Array;
}

interface Block {
  readonly query: Affine;
  readonly key: Affine;
  readonly value: Affine;
  readonly feedForward: Affine;
  readonly afterAttention: Norm;
  readonly afterFeedForward: Norm;
}

interface Norm {
  readonly gain: Float32Array;
  readonly bias: Float32Array;
}

/**
 * LLM Bandit's policy (arXiv 2502.02743), evaluated: logits I_k · h over the models at choice, where I_k is the model's identity
 * with its cost and predicted quality, through a linear layer, and h = MLP[SetTransformer(C); proj(x); Linear(omega)]; plus the
 * utility, times a learned sharpness, so that the network says what to do otherwise (ours). Any models in any order: what follows
 * from them does not depend on it. Pure; some 0.1 ms for a dozen models.
 */
export class PolicyNetwork {
  readonly #config: PolicyNetworkConfig;
  /** [models, width] what identities alone are worth to the two layers that see them. */
  readonly #identityInputs: Float32Array;
  readonly #identityCandidates: Float32Array;
  readonly #input: Affine;
  readonly #candidate: Affine;
  readonly #blocks: readonly Block[];
  readonly #pooling: Block;
  readonly #seedQuery: Float32Array;
  readonly #preference: Affine;
  readonly #hidden: Affine;
  readonly #out: Affine;
  readonly #sharpness: number;

  /** @param identities [models, identity], of unit mean square as in training */
  constructor(config: PolicyNetworkConfig, tensors: NetworkTensors, identities: Matrix) {
    this.#config = config;
    const { columns: size } = identities;
    const input = affine(tensors, 'sets.input');
    const candidate = affine(tensors, 'candidate');
    this.#identityInputs = identityPart(input, identities);
    this.#identityCandidates = identityPart(candidate, identities);
    this.#input = contextPart(input, size);
    this.#candidate = contextPart(candidate, size);
    this.#blocks = Array.from({ length: config.blocks }, (_, i) => block(tensors, `sets.blocks.${i}`));
    this.#pooling = block(tensors, 'sets.pooling');
    this.#seedQuery = product(tensor(tensors, 'sets.seed'), 1, this.#pooling.query);
    this.#preference = affine(tensors, 'preference');
    this.#hidden = affine(tensors, 'hidden');
    this.#out = affine(tensors, 'out');
    this.#sharpness = tensor(tensors, 'sharpness')[0] ?? Number.NaN;
  }

  /**
   * A logit for every eligible model, in the order of `input.eligible`.
   * @param prompt [width] what the prompt's head answered
   * @param costWeight in quality per USD, finite
   */
  logits(input: PolicyInput, prompt: ArrayLike<number>, costWeight: number): Float64Array {
    const { width } = this.#config;
    const { eligible } = input;
    const rows = eligible.length;
    const features = new Float32Array(rows * actorFeatures);
    candidateFeatures(input, costWeight, { values: features, start: 0, stride: actorFeatures });
    const pooled = this.#pool(
      this.#withIdentity(features, eligible, this.#input, this.#identityInputs),
      rows,
    );
    const dearest = eligible.reduce((most, index) => Math.max(most, at(input.costUsd, index)), 0);
    const omega = Float32Array.from({ length: preferenceFeatures });
    omega.set(preferenceVector(costWeight * dearest));
    const state = new Float32Array(3 * width);
    state.set(pooled);
    for (let i = 0; i < width; ++i) state[width + i] = at(prompt, i);
    state.set(product(omega, 1, this.#preference), 2 * width);
    const h = product(rectified(product(state, 1, this.#hidden)), 1, this.#out);
    const own = this.#withIdentity(features, eligible, this.#candidate, this.#identityCandidates);
    return Float64Array.from(eligible, (_, row) => {
      let sum = 0;
      for (let i = 0; i < width; ++i) sum += at(own, row * width + i) * at(h, i);
      const utility = at(features, row * actorFeatures) - at(features, (row + 1) * actorFeatures - 1);
      return sum + this.#sharpness * utility;
    });
  }

  #withIdentity(
    features: Float32Array,
    eligible: readonly number[],
    layer: Affine,
    identityPart: Float32Array,
  ): Float32Array {
    const { width } = this.#config;
    const out = product(features, eligible.length, layer);
    eligible.forEach((index, row) => {
      for (let i = 0; i < width; ++i)
        out[row * width + i] = at(out, row * width + i) + at(identityPart, index * width + i);
    });
    return out;
  }

  #pool(candidates: Float32Array, rows: number): Float32Array {
    let x = candidates;
    for (const own of this.#blocks) x = this.#attend(own, product(x, rows, own.query), x, rows);
    return this.#attend(this.#pooling, this.#seedQuery.slice(), x, rows);
  }

  /** See `SetBlock` in lib/nn. */
  #attend(own: Block, query: Float32Array, y: Float32Array, rows: number): Float32Array {
    const { width, heads } = this.#config;
    const h = addAttention(query, product(y, rows, own.key), product(y, rows, own.value), { width, heads });
    normaliseRow(h, width, own.afterAttention);
    const fed = rectified(product(h, h.length / width, own.feedForward));
    for (let i = 0; i < h.length; ++i) h[i] = at(h, i) + at(fed, i);
    normaliseRow(h, width, own.afterFeedForward);
    return h;
  }
}

function rectified(values: Float32Array): Float32Array {
  for (let i = 0; i < values.length; ++i) values[i] = Math.max(0, at(values, i));
  return values;
}

function tensor(tensors: NetworkTensors, name: string): Float32Array {
  const found = tensors[name];
  if (found === undefined) throw new RangeError(`a policy network has no tensor "${name}"`);
  return found.data;
}

function affine(tensors: NetworkTensors, name: string): Affine {
  const bias = tensor(tensors, `${name}.bias`);
  const values = tensor(tensors, `${name}.weight`);
  return { weight: { values, columns: values.length / bias.length }, bias };
}

function norm(tensors: NetworkTensors, name: string): Norm {
  return { gain: tensor(tensors, `${name}.gain`), bias: tensor(tensors, `${name}.bias`) };
}

function block(tensors: NetworkTensors, name: string): Block {
  return {
    query: affine(tensors, `${name}.query`),
    key: affine(tensors, `${name}.key`),
    value: affine(tensors, `${name}.value`),
    feedForward: affine(tensors, `${name}.feedForward`),
    afterAttention: norm(tensors, `${name}.afterAttention`),
    afterFeedForward: norm(tensors, `${name}.afterFeedForward`),
  };
}

/** The columns of a layer that see the identity, applied to every model's, without the bias. */
function identityPart({ weight, bias }: Affine, { values, columns }: Matrix): Float32Array {
  const own = cut(weight, 0, columns);
  return product(values, values.length / columns, { weight: own, bias: new Float32Array(bias.length) });
}

/** The columns after those of the identity, with the bias. */
function contextPart({ weight, bias }: Affine, identity: number): Affine {
  return { weight: cut(weight, identity, weight.columns), bias };
}

function cut({ values, columns }: Matrix, first: number, end: number): Matrix {
  const width = end - first;
  const rows = values.length / columns;
  const out = Float32Array.from({ length: rows * width }, (_, i) =>
    at(values, Math.floor(i / width) * columns + first + (i % width)),
  );
  return { values: out, columns: width };
}
