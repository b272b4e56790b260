import { describe, expect, it } from 'vitest';
import { Random } from '../../lib/nn/random.ts';
import { Tape } from '../../lib/nn/tape.ts';
import { askNetwork } from '../../lib/policy/ask-network.ts';
import { networkShapes } from '../../lib/policy/network-shapes.ts';
import { PolicyNetwork } from '../../lib/policy/policy-network.ts';
import { perUsd } from '../../lib/policy/preference.ts';
import { makeBatch } from '../../lib/policy-network/choice-batch.ts';
import { kernels } from '../nn/kernels.ts';
import { actorAndNetwork, config, dimension, identitySize, models, plantedRows } from './planted.ts';

const random = new Random(3);
const data = {
  ...plantedRows(6, 2),
  costUsd: Float32Array.from({ length: 6 * models }, () => 1e-4 + 1e-2 * random.uniform()),
};
const { actor, network, tensors } = actorAndNetwork(data);
const all = [0, 1, 2, 3, 4];

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const valuesOf = (name: string) => tensors[name]?.data ?? new Float32Array(0);
/** What the lane's head answers. */
const promptOf = (row: number) =>
  Float32Array.from({ length: config.width }, (_, unit) => {
    let sum = valuesOf('prompt.bias')[unit] as number;
    for (let i = 0; i < dimension; ++i) {
      const weight = valuesOf('prompt.weight')[unit * dimension + i] as number;
      sum += weight * (data.prompts[row * dimension + i] as number);
    }
    return sigmoid(sum);
  });
const inputOf = (row: number, eligible: readonly number[]) => ({
  quality: Array.from(data.quality).slice(row * models, (row + 1) * models) as ArrayLike<number>,
  costUsd: data.costUsd.subarray(row * models, (row + 1) * models),
  eligible,
});
const logitsOf = (row: number, eligible: readonly number[], costWeight = 0.7, draw = null) =>
  askNetwork({ kind: 'network-request', network, costWeight, draw }, inputOf(row, eligible), promptOf(row))
    .logits;

describe('PolicyNetwork', () => {
  it('has tensors of the shapes that an artifact is checked by', () => {
    const shapes = networkShapes(config, { dimension, identitySize });
    const own = actor.parameters().map(({ name, tensor }) => [name, tensor.shape]);
    expect(own.toSorted()).toEqual([...shapes].toSorted());
  });

  it('computes what was trained, for any part of the pool and any weight', () => {
    const choices = [
      { row: 0, eligible: all, weight: 0.5 },
      { row: 1, eligible: [1, 3], weight: 0 },
      { row: 5, eligible: [0, 2, 4], weight: 20 },
      { row: 2, eligible: [3], weight: 1 },
    ].map((choice) => ({ ...choice, other: choice.row, share: 1 }));
    const batch = makeBatch(data, choices);
    const expected = actor.forward(new Tape(kernels), batch, { dropout: 0, random }).data;
    let at = 0;
    for (const { row, eligible, weight } of choices) {
      const input = inputOf(row, eligible);
      const dearest = Math.max(...eligible.map((index) => input.costUsd[index] as number));
      for (const logit of network.logits(input, promptOf(row), weight / dearest)) {
        expect(logit).toBeCloseTo(expected[at++] as number, 4);
      }
    }
    expect(at).toBe(expected.length);
  });

  it('says the same of every model, to the bit, in whatever order they are at choice', () => {
    for (const eligible of [
      [4, 2, 0, 1, 3],
      [3, 1, 0, 2, 4],
    ]) {
      expect(logitsOf(0, eligible)).toEqual(logitsOf(0, all));
    }
    expect(logitsOf(0, [3, 0])).toEqual(logitsOf(0, [0, 3]));
  });

  it('says the same where the router lists its models in another order', () => {
    const order = [2, 0, 4, 3, 1];
    const moved = (values: ArrayLike<number>, size: number) =>
      Float32Array.from(
        order.flatMap((from) => Array.from({ length: size }, (_, i) => values[from * size + i] as number)),
      );
    const other = new PolicyNetwork(config, tensors, {
      values: moved(data.identities, identitySize),
      columns: identitySize,
    });
    const { quality, costUsd } = inputOf(0, all);
    const input = { quality: moved(quality, 1), costUsd: moved(costUsd, 1), eligible: all };
    const request = { kind: 'network-request', network: other, costWeight: 0.7, draw: null } as const;
    const { logits } = askNetwork(request, input, promptOf(0));
    order.forEach((from, to) => {
      expect(logits[to]).toBeCloseTo(logitsOf(0, all)[from] as number, 4);
    });
  });

  it('sees nothing of models that are not at choice', () => {
    const eligible = [0, 2, 3];
    const { quality, costUsd } = inputOf(1, eligible);
    const hidden = (values: ArrayLike<number>) =>
      Array.from(values, (value, index) => (eligible.includes(index) ? value : Number.NaN));
    const input = { quality: hidden(quality), costUsd: hidden(costUsd), eligible };
    const request = { kind: 'network-request', network, costWeight: 0.7, draw: null } as const;
    const { logits } = askNetwork(request, input, promptOf(1));
    expect(logits).toEqual(logitsOf(1, eligible));
    expect(logits[1]).toBeNull();
    expect(logits[4]).toBeNull();
    // And what it says does depend on which others are there.
    expect(logits[0]).not.toBeCloseTo(logitsOf(1, all)[0] as number, 3);
  });

  it('depends on costs only by what they count for: prices ten times as high change nothing', () => {
    const { quality, costUsd } = inputOf(2, all);
    const dearer = { quality, costUsd: Array.from(costUsd, (usd) => 10 * usd), eligible: all };
    const request = { kind: 'network-request', network, costWeight: 0.7, draw: null } as const;
    const { logits } = askNetwork(request, dearer, promptOf(2));
    logits.forEach((logit, index) => {
      expect(logit).toBeCloseTo(logitsOf(2, all)[index] as number, 4);
    });
    expect(perUsd(dearer)).toBeCloseTo(perUsd(inputOf(2, all)) / 10, 6);
  });

  it('has an answer where all models are free', () => {
    const free = { ...inputOf(2, all), costUsd: new Float32Array(models) };
    const request = { kind: 'network-request', network, costWeight: 3, draw: null } as const;
    const { logits } = askNetwork(request, free, promptOf(2));
    expect(logits.every((logit) => Number.isFinite(logit))).toBe(true);
  });
});
