import { beforeAll, describe, expect, it } from 'vitest';
import type { EstimatorState, QualityEstimator } from '../../lib/estimator/estimator.ts';
import { predictAll } from '../../lib/estimator/predict.ts';
import { estimatorFactory, estimatorFromState, estimatorKinds } from '../../lib/estimator/registry.ts';
import { type FitOptions, fitAddedModel } from '../../lib/onboard/fit-added-model.ts';
import { dimension, oldModels, plantedNew, plantedOld, plantedUnlucky } from './planted.ts';

const training = plantedOld(400, 1);
const validation = plantedOld(150, 2);
const likeStrong = { ability: 1, topic: 1, slope: 0 };
/** Nothing that the old models are predicted by says what this one is good at. */
const otherTopic = { ability: 0, topic: 2, slope: 25 };
const test = plantedNew(1000, 9, likeStrong);
const models = [...oldModels, 'new'];

const options: FitOptions = {
  model: 'new',
  seed: 0,
  adapter: { bottleneck: 8, consistency: 1 },
  signal: undefined,
  onProgress: undefined,
};

const bases = new Map<string, Promise<QualityEstimator>>();

/** Trained once a kind. */
function trained(kind: string): Promise<QualityEstimator> {
  const base = bases.get(kind) ?? estimatorFactory(kind).train(training, validation, { seed: 0 });
  bases.set(kind, base);
  return base;
}

/** Mean squared distance of the new model's predictions to the chances that scores are drawn with. */
function distance(estimator: QualityEstimator, { rows, embeddings, chances }: typeof test): number {
  const predicted = predictAll(estimator, embeddings, rows);
  const columns = estimator.models.length;
  return chances.reduce(
    (sum, chance, row) => sum + ((predicted[(row + 1) * columns - 1] ?? 0) - chance) ** 2 / rows,
    0,
  );
}

/** Variance of the chances: the distance of the best constant. */
function spread({ chances }: typeof test): number {
  const mean = chances.reduce((sum, chance) => sum + chance, 0) / chances.length;
  return chances.reduce((sum, chance) => sum + (chance - mean) ** 2, 0) / chances.length;
}

describe.each(estimatorKinds.filter((kind) => kind !== 'constant'))(
  'a model added to a router of %s',
  (kind) => {
    let base: QualityEstimator;
    beforeAll(async () => {
      base = await trained(kind);
    });

    it('is predicted far better from 25 labels than by its mean', async () => {
      const { estimator } = await fitAddedModel(base, plantedNew(25, 3, likeStrong), options);
      expect(estimator.models).toEqual(models);
      expect(distance(estimator, test)).toBeLessThan(0.6 * spread(test));
    });

    it('leaves what is predicted of old models as it was, to the bit, with an adapter too', async () => {
      const { estimator, adapterShare } = await fitAddedModel(base, plantedNew(300, 4, otherTopic), options);
      expect(adapterShare).toBeGreaterThan(0);
      const before = predictAll(base, test.embeddings, test.rows);
      const after = predictAll(estimator, test.embeddings, test.rows);
      for (let row = 0; row < test.rows; row++) {
        const [own, given] = [after.subarray(row * 4, row * 4 + 3), before.subarray(row * 3, row * 3 + 3)];
        if (!own.every((quality, model) => quality === given[model])) expect(own).toEqual(given);
      }
      expect(after).toHaveLength(test.rows * 4);
    });

    it('keeps the tensors of the old models as they are', async () => {
      const { estimator } = await fitAddedModel(base, plantedNew(30, 5, likeStrong), options);
      const stored = estimator.state().tensors;
      for (const [name, tensor] of Object.entries(base.state().tensors)) {
        expect(stored[`base.${name}`]).toEqual(tensor);
      }
    });

    it('predicts the same from its stored state, and is the same for the same seed', async () => {
      const labelled = plantedNew(300, 6, otherTopic);
      const { estimator } = await fitAddedModel(base, labelled, options);
      const { config, ...state } = estimator.state();
      const stored = { ...structuredClone(state), config: JSON.parse(JSON.stringify(config)) };
      const restored = estimatorFromState(stored, models, dimension);
      const predictions = predictAll(estimator, test.embeddings, test.rows);
      expect(predictAll(restored, test.embeddings, test.rows)).toEqual(predictions);
      const again = await fitAddedModel(base, labelled, options);
      expect(again.estimator.state()).toEqual(estimator.state());
    });
  },
);

describe('scores of old models on the labelled prompts', () => {
  it('tell hard prompts from a weak model', async () => {
    const base = await trained('ridge');
    const totals = { told: 0, untold: 0 };
    for (let draw = 0; draw < 8; draw++) {
      const labelled = plantedUnlucky(50, 40 + draw, likeStrong);
      const told = await fitAddedModel(base, labelled, options);
      const untold = await fitAddedModel(base, { ...labelled, oldScores: null }, options);
      totals.told += distance(told.estimator, test);
      totals.untold += distance(untold.estimator, test);
    }
    expect(totals.told).toBeLessThan(0.6 * totals.untold);
  });
});

describe('an adapter', () => {
  const labelled = plantedNew(500, 7, otherTopic);
  const unseen = plantedNew(1000, 8, otherTopic);

  it.each(['ipr', 'ridge'])('finds what a router of %s does not know', async (kind) => {
    const base = await trained(kind);
    const few = await fitAddedModel(base, plantedNew(60, 7, otherTopic), options);
    const many = await fitAddedModel(base, labelled, options);
    expect(few.adapterShare).toBeNull();
    expect(many.adapterShare).toBeGreaterThanOrEqual(0.5);
    expect(distance(many.estimator, unseen)).toBeLessThan(0.5 * distance(few.estimator, unseen));
    expect(many.errors.model.brier).toBeLessThan(0.8 * many.errors.nearestOld.brier);
  });

  it('is left out where the old models say all there is to say', async () => {
    const base = await trained('ridge');
    const { adapterShare, estimator } = await fitAddedModel(base, plantedNew(400, 10, likeStrong), options);
    expect(adapterShare).toBe(0);
    expect(estimator.state().config.head).toBe('none');
  });

  it('moves old models less under a higher weight of consistency', async () => {
    const base = await trained('ipr');
    const shiftAt = async (consistency: number) => {
      const adapter = { bottleneck: 8, consistency };
      const { estimator } = await fitAddedModel(base, labelled, { ...options, adapter });
      return oldShift(base, estimator, unseen.embeddings, unseen.rows);
    };
    expect(await shiftAt(20)).toBeLessThan(0.5 * (await shiftAt(0)));
  });
});

/** Mean squared change of the old models' predictions were they, too, predicted on adapted prompts. */
function oldShift(
  base: QualityEstimator,
  estimator: QualityEstimator,
  embeddings: Float32Array,
  rows: number,
): number {
  const { tensors } = estimator.state();
  const [down, bias, up] = ['downWeight', 'downBias', 'upWeight'].map(
    (name) => tensors[`adapter.${name}`]?.data ?? new Float32Array(0),
  ) as [Float32Array, Float32Array, Float32Array];
  const adapted = embeddings.slice();
  for (let row = 0; row < rows; row++) {
    const x = embeddings.subarray(row * dimension, (row + 1) * dimension);
    for (const [unit, own] of bias.entries()) {
      const sum = x.reduce((total, value, d) => total + value * (down[unit * dimension + d] ?? 0), own);
      for (let d = 0; d < dimension; d++) {
        const at = row * dimension + d;
        adapted[at] = (adapted[at] ?? 0) + Math.max(0, sum) * (up[d * bias.length + unit] ?? 0);
      }
    }
  }
  const before = predictAll(base, embeddings, rows);
  const after = predictAll(base, adapted, rows);
  return before.reduce((sum, quality, cell) => sum + (quality - (after[cell] ?? 0)) ** 2, 0) / before.length;
}

describe('adding models one after the other', () => {
  it('keeps every model before as it was, thirty times over', async () => {
    let estimator = await trained('ipr');
    const prompts = test.embeddings.subarray(0, 50 * dimension);
    const first = predictAll(estimator, prompts, 50);
    for (let added = 0; added < 30; added++) {
      const labelled = plantedNew(added === 1 ? 300 : 20, 100 + added, added === 1 ? otherTopic : likeStrong);
      ({ estimator } = await fitAddedModel(estimator, labelled, { ...options, model: `new ${added}` }));
    }
    expect(estimator.models).toHaveLength(33);
    expect(Object.keys(estimator.state().tensors).some((name) => name.endsWith('added.identities'))).toBe(
      true,
    );
    const last = predictAll(estimator, prompts, 50);
    for (let row = 0; row < 50; row++)
      expect(last.subarray(row * 33, row * 33 + 3)).toEqual(first.subarray(row * 3, row * 3 + 3));
  });
});

describe('onboarding refuses', () => {
  it('labelled prompts of which none can be held out', async () => {
    const labelled = { ...plantedNew(20, 3, likeStrong), groups: Array.from({ length: 20 }, () => 'one') };
    await expect(fitAddedModel(await trained('ridge'), labelled, options)).rejects.toMatchObject({
      code: 'ERR_INVALID_DATA',
      message: expect.stringContaining('all labelled prompts share one group'),
    });
  });

  it('to go on once the signal is aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const fitted = fitAddedModel(await trained('ridge'), plantedNew(300, 3, likeStrong), {
      ...options,
      signal,
    });
    await expect(fitted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });
});

describe('a stored onboarded estimator is refused', () => {
  let state: EstimatorState;
  beforeAll(async () => {
    const { estimator } = await fitAddedModel(await trained('ipr'), plantedNew(300, 4, otherTopic), options);
    state = estimator.state();
  });
  const corrupt = (message: string) =>
    expect.objectContaining({ code: 'ERR_CORRUPT_FILE', message: expect.stringContaining(message) });
  const load = (edited: EstimatorState) => estimatorFromState(edited, models, dimension);

  it('without any one of its tensors', () => {
    expect(Object.keys(state.tensors)).toContain('added.identities');
    for (const name of Object.keys(state.tensors)) {
      const tensors = Object.fromEntries(Object.entries(state.tensors).filter(([other]) => other !== name));
      const shortName = name.startsWith('base.') ? name.slice(5) : name;
      expect(() => load({ ...state, tensors })).toThrow(corrupt(`has no tensor "${shortName}"`));
    }
  });

  it('without the kind of its base, or of a base that this version does not know', () => {
    const { 'base.kind': _, ...config } = state.config;
    expect(() => load({ ...state, config })).toThrow(corrupt('does not state the kind of its part "base"'));
    expect(() => load({ ...state, config: { ...state.config, 'base.kind': 'svm' } })).toThrow(
      expect.objectContaining({ code: 'ERR_UNSUPPORTED' }),
    );
  });

  it('with a head of no known kind', () => {
    expect(() => load({ ...state, config: { ...state.config, head: 'tail' } })).toThrow(
      corrupt('needs "head" to be none, identity or linear, got "tail"'),
    );
  });
});
