import type { NativeKernels } from '../../bindings/addon.ts';
import { checkpoint } from '../estimator/checkpoint.ts';
import type { SuccessHead } from '../estimator/irt-gradients.ts';
import type { PairwiseParts } from '../estimator/pairwise-spec.ts';
import { AdamW } from '../nn/adamw.ts';
import { gaussianKl } from '../nn/losses/gaussian-kl.ts';
import { maskedBce } from '../nn/losses/masked-bce.ts';
import { pairwiseAgainst } from '../nn/losses/pairwise-against.ts';
import { add, scale } from '../nn/ops/arithmetic.ts';
import { gatherRows } from '../nn/ops/gather-rows.ts';
import { matmul } from '../nn/ops/matmul.ts';
import { pairwiseHead } from '../nn/ops/pairwise-head.ts';
import { sampleNormal } from '../nn/ops/sample-normal.ts';
import { zeroGradients } from '../nn/parameter.ts';
import type { Random } from '../nn/random.ts';
import { Tape } from '../nn/tape.ts';
import { Tensor } from '../nn/tensor.ts';
import type { IdentityPrior } from './identity-prior.ts';

/** Identities drawn per step, and steps of AdamW at a rate that falls to nothing. */
const SAMPLES = 8;
const STEPS = 300;
const RATE = 0.05;

/** A posterior N(mean, diag exp(logVariance)), [identity] each. */
export interface IdentityPosterior {
  readonly mean: Float32Array;
  readonly logVariance: Float32Array;
}

/** One network of an `irt` estimator, frozen. */
export interface FrozenBackbone extends SuccessHead {
  /** [hidden] of the pairwise head. */
  readonly pairWeight: Float32Array;
  /** [models, identity] means of the known models. */
  readonly identities: Float32Array;
}

/** Prompts that a new model answered. */
export interface QuizRows {
  readonly rows: number;
  /** [rows, dimension], as the network takes them. */
  readonly embeddings: Float32Array;
  /** [rows] of the new model. */
  readonly scores: Float64Array;
  /** [rows, models] of the known models, NaN where not known; null where none is. */
  readonly knownScores: Float32Array | null;
}

/** Network `member` of an estimator's parts. */
export function backboneOf(parts: PairwiseParts, pairWeight: Float32Array, member: number): FrozenBackbone {
  const part = (values: Float32Array) => {
    const size = values.length / parts.members;
    return values.subarray(member * size, (member + 1) * size);
  };
  return {
    promptWeight: part(parts.promptWeight),
    identityWeight: part(parts.identityWeight),
    identityBias: part(parts.identityBias),
    outWeight: part(parts.outWeight),
    outBias: part(parts.outBias)[0] ?? 0,
    pairWeight: part(pairWeight),
    identities: part(parts.identities),
  };
}

/**
 * The identity of a model from a few answers (LLM Bandit, arXiv 2502.02743): its posterior alone is fitted, by the
 * evidence lower bound, in the coordinates of the prior; backbone and heads are frozen.
 */
export async function fitIdentity(
  backbone: FrozenBackbone,
  quiz: QuizRows,
  prior: IdentityPrior,
  { kernels, random, signal }: FitIdentityOptions,
): Promise<IdentityPosterior> {
  const size = prior.mean.length;
  const problem = pose(kernels, backbone, quiz);
  const mean = Tensor.zeros([1, size], true);
  const logVariance = new Tensor([1, size], new Float32Array(size).fill(-2), true);
  const parameters = [
    { name: 'mean', tensor: mean, decay: false },
    { name: 'logVariance', tensor: logVariance, decay: false },
  ];
  const optimiser = new AdamW(kernels, parameters, { weightDecay: 0 });
  for (let step = 0; step < STEPS; ++step) {
    if (step % 50 === 0) await checkpoint(signal);
    zeroGradients(parameters);
    const tape = new Tape(kernels, { training: true });
    const repeat = (tensor: Tensor) => gatherRows(tape, tensor, new Int32Array(SAMPLES));
    const drawn = sampleNormal(tape, repeat(mean), repeat(logVariance), random);
    const identities = add(
      tape,
      matmul(tape, drawn, new Tensor([size, size], prior.factor), { transposeB: true }),
      new Tensor([size], prior.mean),
    );
    const loss = add(tape, problem.loss(tape, identities), gaussianKl(tape, mean, logVariance));
    tape.backward(loss);
    optimiser.step(RATE * (1 - step / STEPS));
  }
  return outOfPrior(prior, mean.data, logVariance.data);
}

export interface FitIdentityOptions {
  readonly kernels: NativeKernels;
  readonly random: Random;
  readonly signal: AbortSignal | undefined;
}

/** The negative log likelihood of the answers under drawn identities [samples, identity], averaged over these. */
function pose(kernels: NativeKernels, backbone: FrozenBackbone, quiz: QuizRows) {
  const hidden = backbone.identityBias.length;
  const { rows, embeddings, scores, knownScores } = quiz;
  const prompt = new Tensor([rows, hidden], new Float32Array(rows * hidden));
  const dimension = embeddings.length / rows;
  kernels.gemm(false, true, rows, hidden, dimension, embeddings, backbone.promptWeight, prompt.data, false);
  const identityWeight = new Tensor(
    [hidden, backbone.identityWeight.length / hidden],
    backbone.identityWeight,
  );
  const modelPart = (tape: Tape, identities: Tensor) =>
    add(
      tape,
      matmul(tape, identities, identityWeight, { transposeB: true }),
      new Tensor([hidden], backbone.identityBias),
    );
  const head = (tape: Tape, model: Tensor, weight: Float32Array, bias: number) => {
    const models = model.shape[0] ?? 0;
    const outBias = new Tensor([models], new Float32Array(models).fill(bias));
    return pairwiseHead(tape, { prompt, model, outWeight: new Tensor([hidden], weight), outBias });
  };
  const opponents = knownScores === null ? null : strengths();
  return {
    loss(tape: Tape, identities: Tensor): Tensor {
      const model = modelPart(tape, identities);
      const targets = Float32Array.from(
        { length: rows * SAMPLES },
        (_, cell) => scores[Math.floor(cell / SAMPLES)] as number,
      );
      const passed = maskedBce(tape, head(tape, model, backbone.outWeight, backbone.outBias), targets);
      const likelihood = scale(tape, passed, rows);
      if (opponents === null) return likelihood;
      const pair = head(tape, model, backbone.pairWeight, 0);
      return add(tape, likelihood, pairwiseAgainst(tape, pair, scores, opponents));
    },
  };

  function strengths() {
    const size = identityWeight.shape[1] ?? 0;
    const count = backbone.identities.length / size;
    const tape = new Tape(kernels);
    const model = modelPart(tape, new Tensor([count, size], backbone.identities));
    const logits = head(tape, model, backbone.pairWeight, 0).data;
    return { count, logits, scores: knownScores ?? new Float32Array(0) };
  }
}

/** From the prior's coordinates to the identity's own; of the covariance the diagonal is kept. */
function outOfPrior(
  { mean, factor }: IdentityPrior,
  own: Float32Array,
  logVariance: Float32Array,
): IdentityPosterior {
  const size = mean.length;
  const moved = mean.slice();
  const spread = new Float32Array(size);
  for (let i = 0; i < size; ++i) {
    let variance = 0;
    for (let j = 0; j < size; ++j) {
      const weight = factor[i * size + j] as number;
      moved[i] = (moved[i] as number) + weight * (own[j] as number);
      variance += weight * weight * Math.exp(logVariance[j] as number);
    }
    spread[i] = Math.log(variance);
  }
  return { mean: moved, logVariance: spread };
}
