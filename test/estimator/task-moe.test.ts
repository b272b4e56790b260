import { beforeAll, describe, expect, it } from 'vitest';
import { scoreByDefinition } from '../../bench/head-formulas.ts';
import { crossFit } from '../../lib/estimator/cross-fit.ts';
import type { EstimatorState, LabelledEmbeddings, QualityEstimator } from '../../lib/estimator/estimator.ts';
import { iprFactory } from '../../lib/estimator/ipr.ts';
import { onboardedState } from '../../lib/estimator/onboarded.ts';
import { predictAll } from '../../lib/estimator/predict.ts';
import { estimatorFromState } from '../../lib/estimator/registry.ts';
import { ridgeFactory } from '../../lib/estimator/ridge.ts';
import { routingError } from '../../lib/estimator/routing-error.ts';
import { stackMembers } from '../../lib/estimator/stack.ts';
import { standardised } from '../../lib/estimator/standardised.ts';
import { classify } from '../../lib/estimator/task-classifier.ts';
import { taskMoeFactory } from '../../lib/estimator/task-moe.ts';
import { readTasks } from '../../lib/estimator/task-moe-state.ts';
import { classifyFeatures, tasksOf } from '../../lib/estimator/tasks-of.ts';
import { adjustedRandIndex } from '../../lib/evaluate/adjusted-rand-index.ts';
import { plantedTasks } from './planted-tasks.ts';

const training = plantedTasks(600, 5, 1).data;
const validation = plantedTasks(250, 5, 2).data;
const test = plantedTasks(400, 5, 3);
const { models, dimension } = training;

let estimator: QualityEstimator;
beforeAll(async () => {
  estimator = await taskMoeFactory.train(training, validation, { seed: 0 });
});

const withConfig = (config: EstimatorState['config']): QualityEstimator => {
  const state = estimator.state();
  return taskMoeFactory.fromState({ ...state, config: { ...state.config, ...config } }, models, dimension);
};
const predict = (of: QualityEstimator) => predictAll(of, test.data.embeddings, test.data.rows);
const errorOf = (predicted: Float32Array) => routingError(predicted, test.data.scores, models.length);

describe('the task-moe estimator', () => {
  it('predicts by the formula of its head', () => {
    const predicted = predict(estimator);
    for (const row of [0, 17, 399]) {
      const embedding = test.data.embeddings.subarray(row * dimension, (row + 1) * dimension);
      const wanted = scoreByDefinition(estimator.headSpec(), embedding);
      for (const [model, score] of wanted.entries())
        expect(predicted[row * models.length + model]).toBeCloseTo(score, 5);
    }
  });

  it('is alpha of its mixture and the rest of its prior', () => {
    const alpha = Number(estimator.state().config.alpha);
    const [mixture, prior] = [predict(withConfig({ alpha: 1 })), predict(withConfig({ alpha: 0 }))];
    for (const [cell, quality] of predict(estimator).entries()) {
      const wanted = alpha * (mixture[cell] ?? 0) + (1 - alpha) * (prior[cell] ?? 0);
      expect(quality).toBeCloseTo(wanted, 5);
    }
  });

  it('knows each task by its model, and predicts the model as the best there', () => {
    const { classifier, sizes, priors, candidates } = readTasks(estimator.state(), models.length, dimension);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(training.rows);
    const { task } = classify(classifier, test.data.embeddings);
    const best = (from: Float32Array, row: number) => {
      const own = from.subarray(row * models.length, (row + 1) * models.length);
      return own.indexOf(Math.max(...own));
    };
    const rows = [...task.keys()];
    const right = rows.filter((row) => best(priors, task[row] ?? 0) === test.taskOf[row]).length;
    expect(right / rows.length).toBeGreaterThan(0.85);
    for (const [at, own] of candidates.entries()) expect(own).toContain(best(priors, at));
  });

  it('is better than the network without tasks where there are tasks', async () => {
    const plain = await iprFactory.train(training, validation, { seed: 0 });
    expect(errorOf(predict(estimator))).toBeLessThan(errorOf(predict(plain)));
  });

  it('gives every prompt the means where it must be surer than it can be', () => {
    const predicted = predict(withConfig({ alpha: 0, confidence: 1 }));
    const { priors, sizes } = readTasks(estimator.state(), models.length, dimension);
    const means = priors.subarray(sizes.length * models.length);
    for (const [cell, quality] of predicted.entries())
      expect(quality).toBeCloseTo(means[cell % models.length] ?? 0, 6);
  });

  it('is trained on all rows with settings that parts agree on', async () => {
    const folds = Array.from({ length: training.rows }, (_, row) => Math.floor(row / 5) % 3);
    const fitted = await crossFit(taskMoeFactory, training, folds, { seed: 0 });
    const { sizes } = readTasks(fitted.estimator.state(), models.length, dimension);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(training.rows);
    expect(errorOf(predict(fitted.estimator))).toBeLessThan(1.05 * errorOf(predict(estimator)));
  });

  it('tells its tasks from its state, and from that of a stack or an onboarded estimator with it', () => {
    const own = tasksOf(estimator.state(), models, dimension);
    expect(own?.models).toEqual(models);
    expect(own?.sizes).toEqual(readTasks(estimator.state(), models.length, dimension).sizes);
    const predictions = predictAll(estimator, validation.embeddings, validation.rows);
    const stack = stackMembers([estimator], [predictions], validation).estimator;
    expect(tasksOf(stack.state(), models, dimension)).toEqual(own);
    const restored = estimatorFromState(stack.state(), models, dimension);
    expect(predict(restored)).toEqual(predict(stack));
    const weight = new Float32Array(models.length).fill(1 / models.length);
    const onboarded = onboardedState(stack.state(), { weight, bias: 0, adapter: null });
    expect(tasksOf(onboarded, [...models, 'newcomer'], dimension)).toEqual(own);
  });

  it('has none to tell from an estimator of another kind', async () => {
    const ridge = await ridgeFactory.train(training, validation, {});
    expect(tasksOf(ridge.state(), models, dimension)).toBeNull();
    const predictions = predictAll(ridge, validation.embeddings, validation.rows);
    const stack = stackMembers([ridge], [predictions], validation).estimator;
    expect(tasksOf(stack.state(), models, dimension)).toBeNull();
  });

  it('classifies features as it sees them, on one scale', async () => {
    const blocks = [8, 4];
    const wide = (data: LabelledEmbeddings) => ({
      ...data,
      blocks,
      embeddings: data.embeddings.map((value, i) => (i % dimension < 8 ? value : 50 * value + 3)),
    });
    const scaled = await standardised(taskMoeFactory).train(wide(training), wide(validation), { seed: 0 });
    const tasks = tasksOf(scaled.state(), models, dimension);
    expect(tasks?.standardisation).not.toBeNull();
    if (tasks === null) return;
    const { task } = classifyFeatures(tasks, wide(test.data).embeddings);
    expect(adjustedRandIndex(task, test.taskOf)).toBeGreaterThan(0.5);
  });

  it('refuses a stored task without candidates', () => {
    const state = estimator.state();
    const { taskCandidates } = state.tensors;
    const none = {
      shape: taskCandidates?.shape ?? [],
      data: (taskCandidates?.data ?? new Float32Array(0)).slice(),
    };
    none.data.fill(0, 0, models.length);
    const load = () =>
      taskMoeFactory.fromState(
        { ...state, tensors: { ...state.tensors, taskCandidates: none } },
        models,
        dimension,
      );
    expect(load).toThrow(
      expect.objectContaining({
        code: 'ERR_CORRUPT_FILE',
        message: 'the stored task-moe estimator has a task without candidates in tensor "taskCandidates"',
      }),
    );
  });
});
