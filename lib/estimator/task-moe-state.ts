import type { NativeHeadSpec } from '../../bindings/addon.ts';
import { PointsmanError } from '../errors.ts';
import type { EstimatorState, QualityEstimator } from './estimator.ts';
import { type PairwiseParts, type PairwiseSpec, pairwiseSpec, readPairwiseParts } from './pairwise-spec.ts';
import { readNumber, readTensor } from './state.ts';
import type { TaskClassifier } from './task-classifier.ts';
import { type Candidates, concatenate, type ExpertShifts } from './task-experts.ts';

/** What a stored estimator of kind `task-moe` knows of its tasks. */
export interface StoredTasks {
  readonly classifier: TaskClassifier;
  /** A softmax of less gives a prompt no task. */
  readonly confidence: number;
  /** Training rows of each task. */
  readonly sizes: Float32Array;
  /** [tasks + 1, models]: the last row is for prompts of no task. */
  readonly priors: Float32Array;
  readonly candidates: Candidates;
}

/** Names of the tensors beside those of the pairwise network. */
const names = {
  weight: 'taskWeight',
  bias: 'taskBias',
  sizes: 'taskSizes',
  priors: 'taskPriors',
  candidates: 'taskCandidates',
  expertPart: 'expertPart',
  expertBias: 'expertBias',
} as const;

export function taskTensors(
  { classifier, sizes, priors, candidates }: Omit<StoredTasks, 'confidence'>,
  shifts: readonly ExpertShifts[],
  dimension: number,
): EstimatorState['tensors'] {
  const tasks = sizes.length;
  const models = priors.length / (tasks + 1);
  const experts = candidates.reduce((sum, { length }) => sum + length, 0);
  const isCandidate = new Float32Array(tasks * models);
  for (const [task, own] of candidates.entries()) {
    for (const model of own) isCandidate[task * models + model] = 1;
  }
  const part = concatenate(shifts.map((one) => one.part));
  return {
    [names.weight]: { shape: [tasks, dimension], data: classifier.weight },
    [names.bias]: { shape: [tasks], data: classifier.bias },
    [names.sizes]: { shape: [tasks], data: sizes },
    [names.priors]: { shape: [tasks + 1, models], data: priors },
    [names.candidates]: { shape: [tasks, models], data: isCandidate },
    [names.expertPart]: {
      shape: [shifts.length, experts, part.length / shifts.length / experts],
      data: part,
    },
    [names.expertBias]: { shape: [shifts.length, experts], data: concatenate(shifts.map((one) => one.bias)) },
  };
}

/** Throws ERR_CORRUPT_FILE where the state's tensors do not fit each other, the models or the dimension. */
export function readTasks(state: EstimatorState, models: number, dimension: number): StoredTasks {
  const weight = readTensor(state, names.weight, [null, dimension]);
  const [tasks = 0] = weight.shape;
  const isCandidate = readTensor(state, names.candidates, [tasks, models]).data;
  const candidates = Array.from({ length: tasks }, (_, task) =>
    Array.from({ length: models }, (_, model) => model).filter(
      (model) => isCandidate[task * models + model] !== 0,
    ),
  );
  if (candidates.some(({ length }) => length === 0)) {
    throw new PointsmanError(
      'ERR_CORRUPT_FILE',
      `the stored ${state.kind} estimator has a task without candidates in tensor "${names.candidates}"`,
    );
  }
  return {
    classifier: { weight: weight.data, bias: readTensor(state, names.bias, [tasks]).data },
    confidence: readNumber(state, 'confidence', 0, 1),
    sizes: readTensor(state, names.sizes, [tasks]).data,
    priors: readTensor(state, names.priors, [tasks + 1, models]).data,
    candidates,
  };
}

export function readTaskMoe(
  state: EstimatorState,
  models: readonly string[],
  dimension: number,
): QualityEstimator {
  const parts = readPairwiseParts(state, models.length, dimension);
  const tasks = readTasks(state, models.length, dimension);
  const alpha = readNumber(state, 'alpha', 0, 1);
  const { members, hidden } = parts;
  const experts = tasks.candidates.reduce((sum, { length }) => sum + length, 0);
  const shifts = {
    part: readTensor(state, names.expertPart, [members, experts, hidden]).data,
    bias: readTensor(state, names.expertBias, [members, experts]).data,
  };
  return {
    kind: 'task-moe',
    models,
    dimension,
    headSpec: () => expertsSpec(pairwiseSpec(parts, models.length, dimension), parts, tasks, shifts, alpha),
    state: () => state,
  };
}

/** The members' hidden layers stand side by side in the general head, so do their experts' parts. */
function expertsSpec(
  general: PairwiseSpec,
  { members, hidden }: PairwiseParts,
  { classifier, confidence, priors, candidates }: StoredTasks,
  shifts: ExpertShifts,
  alpha: number,
): NativeHeadSpec {
  const expertModels = candidates.flat();
  const experts = expertModels.length;
  const width = members * hidden;
  const part = new Float32Array(experts * width);
  const bias = new Float32Array(experts);
  for (const [expert, model] of expertModels.entries()) {
    const own = part.subarray(expert * width, (expert + 1) * width);
    own.set(general.modelPart.subarray(model * width, (model + 1) * width));
    let shift = 0;
    for (let member = 0; member < members; ++member) {
      const from = (member * experts + expert) * hidden;
      for (let unit = 0; unit < hidden; ++unit) {
        const at = member * hidden + unit;
        own[at] = (own[at] as number) + (shifts.part[from + unit] as number);
      }
      shift += shifts.bias[member * experts + expert] as number;
    }
    bias[expert] = (general.outBias[model] as number) + shift / members;
  }
  return {
    kind: 'experts',
    general,
    taskWeight: classifier.weight,
    taskBias: classifier.bias,
    confidence,
    expertCounts: candidates.map(({ length }) => length),
    expertModels,
    expertPart: part,
    expertBias: bias,
    alpha,
    prior: priors,
  };
}
