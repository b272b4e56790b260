import { loadAddon } from '../../bindings/load.ts';
import { AdamW } from '../nn/adamw.ts';
import { maskedMse } from '../nn/losses/masked-mse.ts';
import { add } from '../nn/ops/arithmetic.ts';
import { pairwiseHead } from '../nn/ops/pairwise-head.ts';
import { sigmoid } from '../nn/ops/pointwise.ts';
import { type Parameter, zeroGradients } from '../nn/parameter.ts';
import { Random } from '../nn/random.ts';
import { Tape } from '../nn/tape.ts';
import { Tensor } from '../nn/tensor.ts';
import { checkpoint } from './checkpoint.ts';
import type { LabelledEmbeddings, TrainingOptions } from './estimator.ts';
import type { IprNetwork } from './ipr-network.ts';
import { routingError } from './routing-error.ts';
import { gatherRows } from './take-rows.ts';
import type { Tasks } from './task-discovery.ts';

/**
 * How experts are trained. On validation rows of mixed-2024, ulab-llmrouter and routerbench-subset rates of decay of 0.1 and 3
 * are level; experts with outgoing weights of their own instead have the same error and take ten times as long.
 */
const LEARNING_RATE = 3e-3;
const WEIGHT_DECAY = 3;
const BATCH_ROWS = 64;
/** Passes over each task's rows at most, and rows of a task in one pass. */
export const mostExpertEpochs = 12;
const EPOCH_ROWS = 1024;

/** A trained network of the first phase, as data: what all tasks share. */
export interface GeneralNetwork {
  /** [hidden, dimension] */
  readonly promptWeight: Float32Array;
  /** W_z z + b, [models, hidden]. */
  readonly modelPart: Float32Array;
  /** [hidden] */
  readonly outWeight: Float32Array;
  /** [models] */
  readonly outBias: Float32Array;
}

export function generalNetwork(network: IprNetwork): GeneralNetwork {
  const tape = new Tape(loadAddon().kernels);
  return {
    promptWeight: network.promptWeight.data,
    modelPart: network.identityLayer.forward(tape, network.identities.table).data,
    outWeight: network.outWeight.data,
    outBias: network.outBias.data,
  };
}

/** Which models have an expert for which task, one after the other: [model, ...] by task. */
export type Candidates = readonly (readonly number[])[];

/** How the experts of one network differ from its general heads, in the order of the candidates. */
export interface ExpertShifts {
  /** Of the models' parts, [experts, hidden]. */
  readonly part: Float32Array;
  /** [experts] */
  readonly bias: Float32Array;
}

export interface ExpertTraining {
  readonly networks: readonly GeneralNetwork[];
  readonly data: LabelledEmbeddings;
  readonly tasks: Tasks;
  readonly candidates: Candidates;
  /** Rows to choose the epoch on, with the tasks that the classifier gives them; a number: as many epochs as that. */
  readonly validation: { readonly rows: LabelledEmbeddings; readonly taskOf: Int32Array } | number;
  readonly options: TrainingOptions;
}

export interface TrainedExperts {
  /** One a network. */
  readonly shifts: readonly ExpertShifts[];
  /** 0: no expert is better than the general heads. */
  readonly keptEpochs: number;
}

/**
 * The second phase of FineRouter's training: the shared part is frozen, and each candidate of a task gets an identity of its own
 * there, which begins as the model's. Keeps the epoch of the lowest routing error on validation rows, which may be none.
 */
export async function trainExperts(training: ExpertTraining): Promise<TrainedExperts> {
  const { networks, candidates, tasks, validation, options } = training;
  const random = new Random(options.seed ?? 0);
  const rowsOf = Array.from({ length: tasks.count }, (): number[] => []);
  for (const [row, task] of tasks.of.entries()) rowsOf[task]?.push(row);
  const experts = networks.map((network) => candidates.map((models) => new TaskExperts(network, models)));
  const judge = typeof validation === 'number' ? null : new Judge(networks, validation);
  const epochs = typeof validation === 'number' ? validation : mostExpertEpochs;
  let lowest = judge?.errorOf([]) ?? Number.POSITIVE_INFINITY;
  let kept: readonly ExpertShifts[] = shiftsOf(experts);
  let keptEpochs = 0;
  for (let epoch = 1; epoch <= epochs; ++epoch) {
    await checkpoint(options.signal);
    for (const [task, rows] of rowsOf.entries()) {
      const order = Int32Array.from(rows);
      random.shuffle(order);
      const used = order.subarray(0, EPOCH_ROWS);
      for (const own of experts) own[task]?.train(training.data, used);
    }
    options.onProgress?.({ done: epoch, total: epochs, detail: `experts, epoch ${epoch}` });
    const error = judge?.errorOf(experts) ?? Number.NEGATIVE_INFINITY;
    if (judge !== null && error >= lowest) continue;
    lowest = error;
    kept = shiftsOf(experts);
    keptEpochs = epoch;
  }
  return { shifts: kept, keptEpochs };
}

function shiftsOf(experts: readonly (readonly TaskExperts[])[]): ExpertShifts[] {
  return experts.map((own) => ({
    part: concatenate(own.map(({ part }) => part.data)),
    bias: concatenate(own.map(({ bias }) => bias.data)),
  }));
}

export function concatenate(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The experts of one task on one network. */
class TaskExperts {
  readonly models: readonly number[];
  /** What is added to the models' parts, and to their biases. */
  readonly part: Tensor;
  readonly bias: Tensor;
  readonly #network: GeneralNetwork;
  readonly #basePart: Tensor;
  readonly #baseBias: Tensor;
  readonly #parameters: readonly Parameter[];
  readonly #optimiser: AdamW;

  constructor(network: GeneralNetwork, models: readonly number[]) {
    const hidden = network.outWeight.length;
    this.models = models;
    this.#network = network;
    this.#basePart = new Tensor([models.length, hidden], gatherRows(network.modelPart, hidden, models));
    this.#baseBias = new Tensor([models.length], gatherRows(network.outBias, 1, models));
    this.part = Tensor.zeros([models.length, hidden], true);
    this.bias = Tensor.zeros([models.length], true);
    this.#parameters = [
      { name: 'part', tensor: this.part, decay: true },
      { name: 'bias', tensor: this.bias, decay: true },
    ];
    this.#optimiser = new AdamW(loadAddon().kernels, this.#parameters, { weightDecay: WEIGHT_DECAY });
  }

  train(data: LabelledEmbeddings, rows: Int32Array): void {
    for (let start = 0; start < rows.length; start += BATCH_ROWS) {
      const batch = [...rows.subarray(start, start + BATCH_ROWS)];
      const targets = this.#targets(data, batch);
      if (targets.every(Number.isNaN)) continue;
      const embeddings = gatherRows(data.embeddings, data.dimension, batch);
      const prompt = promptPart(this.#network, embeddings, batch.length);
      zeroGradients(this.#parameters);
      const tape = new Tape(loadAddon().kernels, { training: true });
      tape.backward(maskedMse(tape, sigmoid(tape, this.logits(tape, prompt)), targets));
      this.#optimiser.step(LEARNING_RATE);
    }
  }

  /** prompt [rows, hidden] to logits [rows, models] of these experts. */
  logits(tape: Tape, prompt: Tensor): Tensor {
    const { outWeight } = this.#network;
    return pairwiseHead(tape, {
      prompt,
      model: add(tape, this.#basePart, this.part),
      outWeight: new Tensor([outWeight.length], outWeight),
      outBias: add(tape, this.#baseBias, this.bias),
    });
  }

  #targets({ models, scores }: LabelledEmbeddings, rows: readonly number[]): Float32Array {
    const targets = rows.flatMap((row) =>
      this.models.map((model) => scores[row * models.length + model] as number),
    );
    return Float32Array.from(targets);
  }
}

function promptPart(
  { promptWeight, outWeight }: GeneralNetwork,
  embeddings: Float32Array,
  rows: number,
): Tensor {
  const hidden = outWeight.length;
  const out = new Float32Array(rows * hidden);
  const dimension = promptWeight.length / hidden;
  loadAddon().kernels.gemm(false, true, rows, hidden, dimension, embeddings, promptWeight, out, false);
  return new Tensor([rows, hidden], out);
}

/** Holds experts against validation rows, of which nothing that experts do not change is computed twice. */
class Judge {
  readonly #rows: LabelledEmbeddings;
  /** Positions of the validation rows by task. */
  readonly #rowsOf = new Map<number, number[]>();
  readonly #prompts: readonly Tensor[];
  /** Logits of the general heads, [rows, models] a network. */
  readonly #general: readonly Float32Array[];

  constructor(
    networks: readonly GeneralNetwork[],
    { rows, taskOf }: { readonly rows: LabelledEmbeddings; readonly taskOf: Int32Array },
  ) {
    this.#rows = rows;
    for (const [row, task] of taskOf.entries()) {
      const own = this.#rowsOf.get(task);
      if (own === undefined) this.#rowsOf.set(task, [row]);
      else own.push(row);
    }
    this.#prompts = networks.map((network) => promptPart(network, rows.embeddings, rows.rows));
    this.#general = networks.map(({ modelPart, outWeight, outBias }, index) => {
      const [models, hidden] = [outBias.length, outWeight.length];
      const out = new Float32Array(rows.rows * models);
      const prompt = this.#prompts[index]?.data ?? new Float32Array(0);
      const { kernels } = loadAddon();
      kernels.pairwiseHead(prompt, modelPart, outWeight, outBias, rows.rows, models, hidden, out);
      return out;
    });
  }

  /** @param experts by network and task; none: the general heads alone */
  errorOf(experts: readonly (readonly TaskExperts[])[]): number {
    const models = this.#rows.models.length;
    const sums = new Float32Array(this.#rows.scores.length);
    for (const [index, general] of this.#general.entries()) {
      const logits = general.slice();
      for (const [task, own] of (experts[index] ?? []).entries()) this.#replace(logits, index, task, own);
      for (const [cell, logit] of logits.entries()) sums[cell] = (sums[cell] as number) + logit;
    }
    const means = sums.map((sum) => 1 / (1 + Math.exp(-sum / this.#general.length)));
    return routingError(means, this.#rows.scores, models);
  }

  #replace(logits: Float32Array, network: number, task: number, experts: TaskExperts): void {
    const rows = this.#rowsOf.get(task);
    const prompt = this.#prompts[network];
    if (rows === undefined || prompt === undefined) return;
    const hidden = prompt.shape[1] ?? 0;
    const own = new Tensor([rows.length, hidden], gatherRows(prompt.data, hidden, rows));
    const said = experts.logits(new Tape(loadAddon().kernels), own).data;
    const [count, models] = [experts.models.length, this.#rows.models.length];
    for (const [at, row] of rows.entries()) {
      for (const [k, model] of experts.models.entries())
        logits[row * models + model] = said[at * count + k] as number;
    }
  }
}
