import { beforeAll, describe, expect, it } from 'vitest';
import type { EstimatorState, LabelledEmbeddings, QualityEstimator } from '../../lib/estimator/estimator.ts';
import { familyFactory } from '../../lib/estimator/family.ts';
import { iprFactory } from '../../lib/estimator/ipr.ts';
import { familiesOf } from '../../lib/estimator/model-family.ts';
import { predictAll } from '../../lib/estimator/predict.ts';
import { plantedData } from './planted.ts';

const ids = ['gpt-4o', 'Meta-Llama-3-8B', 'gpt-3.5-turbo', 'llama-2-70b'];
const training = { ...plantedData(300, 1), models: ids };
const validation = { ...plantedData(100, 2), models: ids };
const test = plantedData(50, 3);

const columnsOf = (data: LabelledEmbeddings, columns: readonly number[]): LabelledEmbeddings => ({
  ...data,
  models: columns.map((column) => data.models[column] ?? ''),
  scores: Float32Array.from({ length: data.rows * columns.length }, (_, cell) => {
    const row = Math.floor(cell / columns.length);
    return data.scores[row * data.models.length + (columns[cell % columns.length] ?? 0)] ?? Number.NaN;
  }),
});

describe('families of models', () => {
  it.each([
    ['gpt-4o-2024-08-06', 'gpt'],
    ['Meta-Llama-3_1-70B-Instruct', 'llama'],
    ['llama3-chatqa-1.5-8b', 'llama'],
    ['meta/code-llama-instruct-34b-chat', 'llama'],
    ['mistralai/mixtral-8x7b-chat', 'mixtral'],
    ['WizardLM/WizardLM-13B-V1.2', 'wizardlm'],
    ['o1', 'o'],
    ['7', '7'],
  ])('%s is of the family %s', (id, family) => {
    expect(familiesOf([id])).toEqual([family]);
  });

  it('are what models.json states, where it does', () => {
    expect(familiesOf(['gpt-4o', 'o1'], new Map([['o1', 'gpt']]))).toEqual(['gpt', 'gpt']);
  });
});

describe('the family estimator', () => {
  let estimator: QualityEstimator;
  beforeAll(async () => {
    estimator = await familyFactory.train(training, validation, { seed: 4 });
  });

  it('predicts each family as an ipr estimator of that family alone, in the order of the models', async () => {
    const predicted = predictAll(estimator, test.embeddings, test.rows);
    for (const columns of [
      [0, 2],
      [1, 3],
    ]) {
      const own = [training, validation].map((data) => columnsOf(data, columns)) as [
        LabelledEmbeddings,
        LabelledEmbeddings,
      ];
      const alone = predictAll(await iprFactory.train(...own, { seed: 4 }), test.embeddings, test.rows);
      const joined = alone.map((_, cell) => predicted[(cell >> 1) * 4 + (columns[cell & 1] ?? 0)] ?? -1);
      expect(joined).toEqual(alone);
    }
  });

  it('parts models as the caller says', async () => {
    const families = new Map(ids.map((id) => [id, id]));
    const parted = await familyFactory.train(training, validation, { seed: 4, families });
    expect(parted.state().tensors.family?.data).toEqual(Float32Array.of(0, 1, 2, 3));
    expect(estimator.state().tensors.family?.data).toEqual(Float32Array.of(0, 1, 0, 1));
  });

  describe('is refused where its stored families', () => {
    const load = (values: readonly number[], config = estimator.state().config) => {
      const { tensors, ...state } = estimator.state();
      const family = { shape: [4], data: Float32Array.from(values) };
      const edited: EstimatorState = { ...state, config, tensors: { ...tensors, family } };
      return () => familyFactory.fromState(edited, ids, training.dimension);
    };
    const corrupt = (message: string) =>
      expect.objectContaining({ code: 'ERR_CORRUPT_FILE', message: expect.stringContaining(message) });

    it.each([
      [[0, 1, 0, 1.5], 'needs families from 0 to 3, got 1.5'],
      [[0, -1, 0, 1], 'needs families from 0 to 3, got -1'],
      [[0, 1, 0, 9], 'needs families from 0 to 3, got 9'],
      [[0, 0, 0, 1], 'needs tensor "identities"'],
      [[0, 1, 0, 2], 'needs tensor "identities"'],
    ])('are %j', (values, message) => {
      expect(load(values)).toThrow(corrupt(message));
    });

    it('are of another kind', () => {
      const config = { ...estimator.state().config, 'family1.kind': 'knn' };
      expect(load([0, 1, 0, 1], config)).toThrow(corrupt('needs parts of kind ipr, got "knn"'));
    });
  });
});
