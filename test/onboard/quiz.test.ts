import { beforeAll, describe, expect, it } from 'vitest';
import { loadAddon } from '../../bindings/load.ts';
import type { LabelledEmbeddings, QualityEstimator } from '../../lib/estimator/estimator.ts';
import { identitiesOf, identityUncertainty } from '../../lib/estimator/irt-identities.ts';
import { predictAll } from '../../lib/estimator/predict.ts';
import { estimatorFactory, estimatorFromState } from '../../lib/estimator/registry.ts';
import { Random } from '../../lib/nn/random.ts';
import { fitQuizzedModel } from '../../lib/onboard/fit-quizzed-model.ts';
import { freezeIrt } from '../../lib/onboard/frozen-irt.ts';
import { pooledPrior, standardPrior } from '../../lib/onboard/identity-prior.ts';
import { pickInformative } from '../../lib/onboard/informative-quiz.ts';
import { selectQuiz } from '../../lib/onboard/select-quiz.ts';
import { plantedOld } from './planted.ts';

const dimension = 24;
const models = Array.from({ length: 14 }, (_, k) => `model ${k}`);

/** A model is right with chance sigmoid(ability + lean * topic - 12 difficulty), the last two values of the embedding. */
interface Traits {
  readonly ability: number;
  readonly lean: number;
}

const pool: readonly Traits[] = models.map((_, k) => ({
  ability: -2 + (k % 7) * 0.6,
  lean: k % 2 === 0 ? 12 : -12,
}));

function prompts(rows: number, seed: number) {
  const random = new Random(seed);
  const embeddings = new Float32Array(rows * dimension);
  for (let row = 0; row < rows; ++row) {
    const vector = Array.from({ length: dimension }, () => random.normal());
    const norm = Math.hypot(...vector);
    embeddings.set(
      vector.map((value) => value / norm),
      row * dimension,
    );
  }
  const chance = (row: number, { ability, lean }: Traits) => {
    const [difficulty = 0, topic = 0] = embeddings.subarray(row * dimension);
    return 1 / (1 + Math.exp(12 * difficulty - ability - lean * topic));
  };
  return { rows, random, embeddings, chance };
}

function pooled(rows: number, seed: number): LabelledEmbeddings {
  const { random, embeddings, chance } = prompts(rows, seed);
  const scores = Float32Array.from({ length: rows * models.length }, (_, cell) => {
    const traits = pool[cell % models.length] ?? { ability: 0, lean: 0 };
    return random.uniform() < chance(Math.floor(cell / models.length), traits) ? 1 : 0;
  });
  return { rows, dimension, models, embeddings, scores };
}

/** Answers of a new model to some of the prompts, and the old models' scores where they are asked for. */
function answers(rows: number, seed: number, traits: Traits, withOld = false) {
  const { random, embeddings, chance } = prompts(rows, seed);
  return {
    rows,
    dimension,
    embeddings,
    scores: Float64Array.from({ length: rows }, (_, row) => (random.uniform() < chance(row, traits) ? 1 : 0)),
    oldScores: withOld
      ? Float32Array.from({ length: rows * pool.length }, (_, cell) => {
          const own = pool[cell % pool.length] ?? traits;
          return random.uniform() < chance(Math.floor(cell / pool.length), own) ? 1 : 0;
        })
      : null,
    groups: Array.from({ length: rows }, (_, row) => `prompt ${row}`),
  };
}

const newcomer = { ability: 1.5, lean: -12 };
const options = { model: 'new', seed: 0, signal: undefined, onProgress: undefined };
let base: QualityEstimator;
beforeAll(async () => {
  base = await estimatorFactory('irt').train(pooled(700, 1), pooled(200, 2), { seed: 0 });
});

/** Mean squared distance of the last model's predictions to the chances of `traits`, and that of the best constant. */
function distances(estimator: QualityEstimator, traits: Traits) {
  const { rows, embeddings, chance } = prompts(1000, 9);
  const predicted = predictAll(estimator, embeddings, rows);
  const columns = estimator.models.length;
  const chances = Array.from({ length: rows }, (_, row) => chance(row, traits));
  const mean = chances.reduce((a, b) => a + b, 0) / rows;
  const square = (of: (row: number) => number) =>
    chances.reduce((sum, one, row) => sum + (of(row) - one) ** 2 / rows, 0);
  return {
    own: square((row) => predicted[(row + 1) * columns - 1] ?? 0),
    constant: square(() => mean),
  };
}

describe('a model placed by a quiz', () => {
  it('is told from 25 answers, better from 250, and knows how sure it is', async () => {
    const newcomers = [newcomer, { ability: 0, lean: 12 }, { ability: -1, lean: -12 }];
    const sums = { few: 0, many: 0, constant: 0 };
    for (const traits of newcomers) {
      const few = await fitQuizzedModel(base, answers(25, 4, traits), options);
      const many = await fitQuizzedModel(base, answers(250, 3, traits), options);
      expect(few.estimator.models).toEqual([...models, 'new']);
      sums.few += distances(few.estimator, traits).own;
      sums.many += distances(many.estimator, traits).own;
      sums.constant += distances(many.estimator, traits).constant;
      expect(many.deviation).toBeLessThan(0.8 * few.deviation);
      expect(few.deviation).toBeGreaterThan(0.02);
      expect(many.errors.model.brier).toBeLessThan(many.errors.constantMean.brier);
    }
    expect(sums.few).toBeLessThan(0.6 * sums.constant);
    expect(sums.many).toBeLessThan(0.95 * sums.few);
  });

  it('leaves predictions of the old models as they are, to the bit, and is restored from its state', async () => {
    const { estimator } = await fitQuizzedModel(base, answers(25, 4, newcomer, true), options);
    const { embeddings, rows } = prompts(50, 5);
    const before = predictAll(base, embeddings, rows);
    const after = predictAll(estimator, embeddings, rows);
    const columns = models.length + 1;
    expect(
      before.every(
        (quality, cell) =>
          quality === after[Math.floor(cell / models.length) * columns + (cell % models.length)],
      ),
    ).toBe(true);
    const restored = estimatorFromState(estimator.state(), estimator.models, dimension);
    expect(predictAll(restored, embeddings, rows)).toEqual(after);
  });

  it('is the same, bit for bit, for the same answers and seed', async () => {
    const once = await fitQuizzedModel(base, answers(25, 4, newcomer), options);
    const again = await fitQuizzedModel(base, answers(25, 4, newcomer), options);
    expect(again.estimator.state()).toEqual(once.estimator.state());
    expect(again.heldOut).toEqual(once.heldOut);
  });

  it('refuses an estimator without identities, and answers of one group', async () => {
    const ridge = await estimatorFactory('ridge').train(plantedOld(80, 1), plantedOld(40, 2), { seed: 0 });
    await expect(fitQuizzedModel(ridge, answers(20, 3, newcomer), options)).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringContaining(
        'a router of kind "ridge" does not have: train one with "--estimator irt"',
      ),
    });
    const one = { ...answers(20, 3, newcomer), groups: new Array<string>(20).fill('rule') };
    await expect(fitQuizzedModel(base, one, options)).rejects.toMatchObject({ code: 'ERR_INVALID_DATA' });
  });
});

describe('the prior of a new identity', () => {
  it('is the mean of the known ones, wide where they differ', () => {
    const identities = Float32Array.of(1, 0, 3, 0, 5, 0);
    const { mean, factor } = pooledPrior(identities, new Float32Array(6).fill(-20), 2);
    expect([...mean]).toEqual([3, 0]);
    const variance = (i: number) =>
      factor.subarray(2 * i, 2 * i + 2).reduce((sum, value) => sum + value ** 2, 0);
    expect(variance(0)).toBeCloseTo(0.8 * 4 + 0.2 * 2, 4);
    expect(variance(1)).toBeCloseTo(0.2 * 2, 4);
  });

  it('is standard normal where there is nothing to tell', () => {
    expect([...standardPrior(2).factor]).toEqual([1, 0, 0, 1]);
    expect([
      ...pooledPrior(Float32Array.of(1, 2), new Float32Array(2).fill(Number.NEGATIVE_INFINITY), 2).factor,
    ]).toEqual([1, 0, 0, 1]);
  });
});

describe('picking a quiz', () => {
  it('by information leaves less uncertain than prompts at random do', async () => {
    const { kernels } = loadAddon();
    const { rows, random, embeddings, chance } = prompts(600, 6);
    const irt = freezeIrt(base);
    const picked = pickInformative(irt.networks, irt.prepare(embeddings), { rows, size: 20, kernels });
    expect(new Set(picked).size).toBe(20);
    const uncertaintyAfter = async (positions: readonly number[], traits: Traits) => {
      const own = new Float32Array(positions.length * dimension);
      for (const [to, row] of positions.entries())
        own.set(embeddings.subarray(row * dimension, (row + 1) * dimension), to * dimension);
      const scores = Float64Array.from(positions, (row) => (random.uniform() < chance(row, traits) ? 1 : 0));
      const groups = positions.map(String);
      const data = { rows: positions.length, dimension, embeddings: own, scores, oldScores: null, groups };
      const { estimator } = await fitQuizzedModel(base, data, options);
      const identities = identitiesOf(estimator.state(), estimator.models);
      const last = identities?.models.at(-1);
      if (!identities || !last) throw new Error('an irt estimator has identities');
      return identityUncertainty(last, identities.metric);
    };
    let byInformation = 0;
    let atRandom = 0;
    for (const [seed, ability] of [-1, 0, 1].entries()) {
      const order = Int32Array.from({ length: rows }, (_, row) => row);
      new Random(seed).shuffle(order);
      byInformation += await uncertaintyAfter(picked, { ability, lean: 12 });
      atRandom += await uncertaintyAfter([...order.subarray(0, 20)], { ability, lean: 12 });
    }
    expect(byInformation).toBeLessThan(0.97 * atRandom);
  });

  it('by strata covers every difficulty with what discriminates there', async () => {
    const { kernels } = loadAddon();
    const { rows, embeddings } = prompts(300, 7);
    // Prompt i: two models, mean i / 300, apart by more on every third.
    const predicted = Float32Array.from({ length: rows * 2 }, (_, cell) => {
      const row = Math.floor(cell / 2);
      const apart = row % 3 === 0 ? 0.3 : 0.01;
      return row / rows + (cell % 2 === 0 ? apart : -apart);
    });
    const picked = await selectQuiz(
      { rows, models: 2, embeddings, predicted },
      { size: 20, seed: 0, kernels, signal: undefined },
    );
    expect(picked).toHaveLength(20);
    for (let stratum = 0; stratum < 5; ++stratum)
      expect(picked.filter((row) => Math.floor((5 * row) / rows) === stratum)).toHaveLength(4);
    expect(picked.filter((row) => row % 3 === 0).length).toBeGreaterThan(15);
    const all = await selectQuiz(
      {
        rows: 2,
        models: 1,
        embeddings: embeddings.subarray(0, 2 * dimension),
        predicted: Float32Array.of(0.1, 0.2),
      },
      { size: 5, seed: 0, kernels, signal: undefined },
    );
    expect(all).toEqual([0, 1]);
  });
});
