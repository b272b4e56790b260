import { describe, expect, it } from 'vitest';
import { AdamW } from '../../lib/nn/adamw.ts';
import { clipGradients } from '../../lib/nn/clip-gradients.ts';
import { kaimingNormal, xavierUniform } from '../../lib/nn/initialise.ts';
import { Embedding } from '../../lib/nn/layers/embedding.ts';
import { Linear } from '../../lib/nn/layers/linear.ts';
import { maskedBce } from '../../lib/nn/losses/masked-bce.ts';
import { add, mul, scale } from '../../lib/nn/ops/arithmetic.ts';
import { concatColumns } from '../../lib/nn/ops/concat-columns.ts';
import { gelu, relu, tanh } from '../../lib/nn/ops/pointwise.ts';
import { mean, sum } from '../../lib/nn/ops/reduce.ts';
import { type Parameter, zeroGradients } from '../../lib/nn/parameter.ts';
import { Random } from '../../lib/nn/random.ts';
import { constantRate, cosineWithWarmup } from '../../lib/nn/schedule.ts';
import { Tape } from '../../lib/nn/tape.ts';
import { Tensor } from '../../lib/nn/tensor.ts';
import { checkGradients, randomTensor } from './gradient-check.ts';
import { kernels } from './kernels.ts';

const bytes = (x: Float32Array) => Buffer.from(x.buffer, x.byteOffset, x.byteLength).toString('hex');

describe('composed networks', () => {
  it('have the gradients of a two-layer perceptron over gathered identities', () => {
    const random = new Random(5);
    const identities = Embedding.initialise(3, 4, 1, random);
    const first = Linear.initialise(6, 5, random);
    const second = Linear.initialise(5, 1, random);
    const x = randomTensor([4, 2], 8);
    const parameters = [identities.parameters('z'), first.parameters('a'), second.parameters('b')].flat();
    const inputs = [x, ...parameters.map(({ tensor }) => tensor)];
    checkGradients(inputs, (tape) => {
      const joined = concatColumns(tape, [x, identities.forward(tape, [0, 2, 1, 2])]);
      return maskedBce(
        tape,
        second.forward(tape, gelu(tape, first.forward(tape, joined))),
        Float32Array.of(1, 0, Number.NaN, 0.3),
      );
    });
  });

  it('add the gradients of a tensor used twice', () => {
    const x = randomTensor([3], 1);
    checkGradients([x], (tape) => add(tape, mul(tape, x, x), tanh(tape, x)));
  });
});

describe('Tape', () => {
  it('refuses a loss that is no scalar', () => {
    const tape = new Tape(kernels);
    const y = relu(tape, randomTensor([2], 1));
    expect(() => tape.backward(y)).toThrow('backward: the loss must be a scalar, got shape [2]');
  });

  it('takes the gradients of a recording once', () => {
    const tape = new Tape(kernels);
    const loss = sum(tape, randomTensor([2], 1));
    tape.backward(loss);
    expect(() => tape.backward(loss)).toThrow('its gradients were already taken');
  });

  it('keeps no gradient for what is not trainable', () => {
    const tape = new Tape(kernels);
    const fixed = new Tensor([2], Float32Array.of(1, 2));
    tape.backward(sum(tape, mul(tape, randomTensor([2], 1), fixed)));
    expect(fixed.gradient).toBeUndefined();
  });
});

describe('Tensor', () => {
  it('refuses data that does not fill its shape', () => {
    expect(() => new Tensor([2, 3], new Float32Array(5))).toThrow('shape [2, 3] needs 6 values, got 5');
    expect(() => new Tensor([-1], new Float32Array(0))).toThrow('shape [-1] has an impossible length');
  });
});

describe('AdamW', () => {
  const parameter = (name: string, decay: boolean): Parameter => ({
    name,
    tensor: new Tensor([1], Float32Array.of(1), true),
    decay,
  });

  it('moves by the learning rate on its first step, whatever the size of the gradient', () => {
    for (const factor of [1e-3, 1e3]) {
      const weight = parameter('weight', false);
      const tape = new Tape(kernels);
      tape.backward(sum(tape, scale(tape, weight.tensor, factor)));
      new AdamW(kernels, [weight], { epsilon: 1e-12 }).step(0.1);
      expect(weight.tensor.data[0]).toBeCloseTo(0.9, 5);
    }
  });

  it('decays weights, not biases, by the learning rate times the decay', () => {
    const [weight, bias] = [parameter('weight', true), parameter('bias', false)];
    for (const { tensor } of [weight, bias]) tensor.gradientBuffer();
    new AdamW(kernels, [weight, bias], { weightDecay: 0.5 }).step(0.1);
    expect(weight.tensor.data[0]).toBeCloseTo(0.95, 6);
    expect(bias.tensor.data[0]).toBe(1);
  });

  it('finds the least-squares solution', () => {
    const [a, b] = [randomTensor([40, 3], 1), randomTensor([3, 1], 2)];
    const target = new Tensor(
      [40, 1],
      a.data.filter((_, i) => i % 3 === 0),
    );
    for (let row = 0; row < 40; ++row) {
      target.data[row] = 2 * (a.data[row * 3] as number) - (a.data[row * 3 + 2] as number);
    }
    const layer = new Linear(new Tensor([1, 3], b.data, true), Tensor.zeros([1], true));
    const parameters = layer.parameters('layer');
    const optimiser = new AdamW(kernels, parameters, { weightDecay: 0 });
    const rate = cosineWithWarmup({ peak: 0.1, warmupSteps: 10, totalSteps: 300 });
    for (let step = 0; step < 300; ++step) {
      zeroGradients(parameters);
      const tape = new Tape(kernels);
      const error = add(tape, layer.forward(tape, new Tensor(a.shape, a.data)), scale(tape, target, -1));
      tape.backward(mean(tape, mul(tape, error, error)));
      optimiser.step(rate(step));
    }
    [2, 0, -1].forEach((expected, i) => {
      expect(layer.weight.data[i]).toBeCloseTo(expected, 3);
    });
    expect(layer.bias.data[0]).toBeCloseTo(0, 3);
  });

  it('refuses a learning rate that is not a number', () => {
    expect(() => new AdamW(kernels, []).step(Number.NaN)).toThrow('must not be negative, got NaN');
  });
});

describe('clipGradients', () => {
  const withGradient = (...values: number[]): Parameter => {
    const tensor = Tensor.zeros([values.length], true);
    tensor.gradientBuffer().set(values);
    return { name: 'p', tensor, decay: false };
  };

  it('scales all gradients to the joint norm and returns the norm before', () => {
    const [a, b] = [withGradient(3, 0), withGradient(4)];
    expect(clipGradients([a, b], 1)).toBe(5);
    expect(a.tensor.gradient?.[0]).toBeCloseTo(0.6, 6);
    expect(b.tensor.gradient?.[0]).toBeCloseTo(0.8, 6);
  });

  it('leaves gradients within the norm alone', () => {
    const a = withGradient(3, 4);
    clipGradients([a], 5);
    expect(a.tensor.gradient).toEqual(Float32Array.of(3, 4));
  });
});

describe('schedules', () => {
  it('constantRate never changes', () => {
    expect([0, 10, 1e6].map(constantRate(0.01))).toEqual([0.01, 0.01, 0.01]);
  });

  it('cosineWithWarmup rises linearly to the peak, then falls to the floor and stays there', () => {
    const rate = cosineWithWarmup({ peak: 1, warmupSteps: 4, totalSteps: 104, floor: 0.1 });
    expect([0, 1, 2, 3, 4].map(rate)).toEqual([0.25, 0.5, 0.75, 1, 1]);
    expect(rate(54)).toBeCloseTo(0.55, 10);
    expect(rate(104)).toBeCloseTo(0.1, 10);
    expect(rate(500)).toBeCloseTo(0.1, 10);
  });

  it('cosineWithWarmup refuses a warm-up longer than the training', () => {
    expect(() => cosineWithWarmup({ peak: 1, warmupSteps: 5, totalSteps: 5 })).toThrow('got 5 of 5');
  });
});

describe('initialisers', () => {
  const deviation = (x: Float32Array) => Math.sqrt(x.reduce((total, v) => total + v * v, 0) / x.length);

  it('kaimingNormal has deviation sqrt(2 / inputs)', () => {
    expect(deviation(kaimingNormal([100, 200], 200, new Random(1)).data)).toBeCloseTo(0.1, 2);
  });

  it('xavierUniform stays within its bound and fills it', () => {
    const { data } = xavierUniform([100, 200], 200, 100, new Random(1));
    const largest = data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    expect(largest).toBeLessThanOrEqual(Math.fround(Math.sqrt(6 / 300)));
    expect(largest).toBeGreaterThan(0.99 * Math.sqrt(6 / 300));
  });
});

describe('training', () => {
  function train(seed: number): Float32Array {
    const random = new Random(seed);
    const layers = [Linear.initialise(4, 8, random), Linear.initialise(8, 1, random)] as const;
    const parameters = layers.flatMap((layer, i) => layer.parameters(`${i}`));
    const optimiser = new AdamW(kernels, parameters);
    const x = new Tensor([16, 4], randomTensor([16, 4], 3).data);
    for (let step = 0; step < 20; ++step) {
      zeroGradients(parameters);
      const tape = new Tape(kernels, { training: true });
      const logits = layers[1].forward(tape, relu(tape, layers[0].forward(tape, x)));
      tape.backward(
        maskedBce(
          tape,
          logits,
          x.data.filter((_, i) => i % 4 === 0).map((v) => (v > 0 ? 1 : 0)),
        ),
      );
      clipGradients(parameters, 1);
      optimiser.step(0.01);
    }
    return layers[0].weight.data;
  }

  it('repeats bit for bit with the same seed and differs with another', () => {
    expect(bytes(train(1))).toBe(bytes(train(1)));
    expect(bytes(train(2))).not.toBe(bytes(train(1)));
  });
});
