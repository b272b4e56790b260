import { describe, expect, it } from 'vitest';
import { Random } from '../../lib/nn/random.ts';
import { PolicyNetwork } from '../../lib/policy/policy-network.ts';
import type { PolicyRows } from '../../lib/policy-network/choice-batch.ts';
import { drawChoices } from '../../lib/policy-network/draw-choices.ts';
import { trainPolicyNetwork } from '../../lib/policy-network/train-policy-network.ts';
import { dimension, identitySize, models, plantedRows } from './planted.ts';

const settings = {
  width: 8,
  heads: 2,
  pretrainingSteps: 60,
  pretrainingBatch: 64,
  rounds: 150,
  roundBatch: 128,
  policyRate: 1,
};

/**
 * Predictions say that model 0 is the best on every prompt. It is where a prompt's first value is positive; elsewhere model 1 is,
 * which no prediction tells and only the prompt does.
 */
function misled(rows: number, seed: number): PolicyRows {
  const data = plantedRows(rows, seed);
  const fill = (value: (row: number, model: number) => number) =>
    Float32Array.from({ length: rows * models }, (_, cell) =>
      value(Math.floor(cell / models), cell % models),
    );
  const isPositive = (row: number) => (data.prompts[row * dimension] as number) > 0;
  const quality = fill((_, model) => [0.62, 0.6, 0.3, 0.3, 0.3][model] ?? 0);
  return {
    ...data,
    prompts: data.prompts.map((value) => 3 * Math.sign(value)),
    quality,
    calibrated: quality,
    scores: fill((row, model) => (model === (isPositive(row) ? 0 : 1) ? 1 : 0)),
    costUsd: fill((_, model) => 0.001 * (model < 2 ? 2 : 1)),
    actualUsd: fill((_, model) => 0.001 * (model < 2 ? 2 : 1)),
  };
}

function meanScore(data: PolicyRows, tensors: Awaited<ReturnType<typeof trainPolicyNetwork>>): number {
  const network = new PolicyNetwork(tensors.config, tensors.tensors, {
    values: data.identities,
    columns: identitySize,
  });
  const { width } = tensors.config;
  const weight = tensors.tensors['prompt.weight']?.data ?? new Float32Array(0);
  const bias = tensors.tensors['prompt.bias']?.data ?? new Float32Array(0);
  let sum = 0;
  for (let row = 0; row < data.rows; ++row) {
    const prompt = Float32Array.from({ length: width }, (_, unit) => {
      let value = bias[unit] as number;
      for (let i = 0; i < dimension; ++i) {
        value += (weight[unit * dimension + i] as number) * (data.prompts[row * dimension + i] as number);
      }
      return 1 / (1 + Math.exp(-value));
    });
    const own = (values: ArrayLike<number>) =>
      Array.from({ length: models }, (_, i) => values[row * models + i] as number);
    const input = { quality: own(data.quality), costUsd: own(data.costUsd), eligible: [0, 1, 2, 3, 4] };
    const logits = network.logits(input, prompt, 20);
    sum += data.scores[row * models + logits.indexOf(Math.max(...logits))] as number;
  }
  return sum / data.rows;
}

describe('trainPolicyNetwork', () => {
  it('begins at the utility of the predictions, and PPO learns from scores what these do not say', async () => {
    const [training, held] = [misled(400, 1), { ...misled(200, 2), identities: misled(400, 1).identities }];
    const pretrained = await trainPolicyNetwork(training, { settings: { ...settings, rounds: 1 } });
    expect(meanScore(held, pretrained)).toBeCloseTo(0.5, 1);
    const trained = await trainPolicyNetwork(training, { settings });
    expect(meanScore(held, trained)).toBeGreaterThan(0.85);
  });

  it('is the same for the same seed, and another for another', async () => {
    const short = { ...settings, pretrainingSteps: 3, rounds: 3 };
    const run = (seed: number) => trainPolicyNetwork(misled(60, 1), { settings: short, seed });
    const [a, b, c] = await Promise.all([run(1), run(1), run(2)]);
    expect(a.tensors).toEqual(b.tensors);
    expect(a.tensors).not.toEqual(c.tensors);
  });

  it('takes rows where models were not run, and can be ended', async () => {
    const data = misled(60, 1);
    const scores = Float32Array.from(data.scores, (score, cell) => (cell % 7 === 0 ? Number.NaN : score));
    const short = { ...settings, pretrainingSteps: 3, rounds: 3 };
    const { tensors } = await trainPolicyNetwork({ ...data, scores }, { settings: short });
    for (const { data: values } of Object.values(tensors)) expect(values.every(Number.isFinite)).toBe(true);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(trainPolicyNetwork(data, { settings, signal })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
  });

  it('refuses settings out of range, and heads that do not divide the width', async () => {
    const train = (given: object) =>
      trainPolicyNetwork(misled(20, 1), { settings: { ...settings, ...given } });
    await expect(train({ rounds: 0 })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: 'policy network: rounds must be a positive whole number, got 0',
    });
    await expect(train({ heads: 3 })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: 'policy network: heads must divide the width, 8, got 3',
    });
  });
});

describe('drawChoices', () => {
  const data = misled(50, 1);
  const neighbours = Int32Array.from({ length: data.rows }, (_, row) => (row + 7) % data.rows);

  it('draws pools of two and more of the models that were run on both rows of a mix', () => {
    const scores = Float32Array.from(data.scores, (score, cell) =>
      cell % models === 4 ? Number.NaN : score,
    );
    const choices = drawChoices({ ...data, scores }, neighbours, 500, new Random(1));
    const sizes = new Set(choices.map(({ eligible }) => eligible.length));
    expect([...sizes].toSorted()).toEqual([2, 3, 4]);
    for (const { eligible, share, weight } of choices) {
      expect(eligible).not.toContain(4);
      expect(eligible.toSorted()).toEqual(eligible);
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
      expect(weight).toBeGreaterThanOrEqual(0);
    }
  });

  it('mixes a row with its nearest, mostly by little', () => {
    const choices = drawChoices(data, neighbours, 2000, new Random(2));
    for (const { row, other } of choices) expect(other).toBe(neighbours[row]);
    const little = choices.filter(({ share }) => share < 0.05 || share > 0.95).length / choices.length;
    expect(little).toBeGreaterThan(0.5);
    expect(little).toBeLessThan(0.75);
  });
});
