import { describe, expect, it } from 'vitest';
import { SetBlock } from '../../lib/nn/layers/set-block.ts';
import { clippedPolicy } from '../../lib/nn/losses/clipped-policy.ts';
import { setCrossEntropy } from '../../lib/nn/losses/set-cross-entropy.ts';
import { setSoftmax } from '../../lib/nn/losses/set-softmax.ts';
import { layerNorm } from '../../lib/nn/ops/layer-norm.ts';
import { rowDot } from '../../lib/nn/ops/row-dot.ts';
import { setAttention } from '../../lib/nn/ops/set-attention.ts';
import { Random } from '../../lib/nn/random.ts';
import { setOfRows, setsOf } from '../../lib/nn/sets.ts';
import { Tape } from '../../lib/nn/tape.ts';
import { Tensor } from '../../lib/nn/tensor.ts';
import { checkGradients, randomTensor } from './gradient-check.ts';
import { kernels } from './kernels.ts';

const invalidArgument = (message: string) =>
  expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', message: expect.stringContaining(message) });

describe('sets', () => {
  it('lie one after the other', () => {
    const sets = setsOf([2, 0, 3]);
    expect([...sets.offsets]).toEqual([0, 2, 2, 5]);
    expect([...setOfRows(sets)]).toEqual([0, 0, 2, 2, 2]);
  });
});

describe('setAttention', () => {
  const keys = setsOf([3, 1, 2]);
  const queries = setsOf([1, 2, 2]);
  const [query, key, value] = [randomTensor([5, 4], 1), randomTensor([6, 4], 2), randomTensor([6, 4], 3)];

  it('weighs the values of the own set by the softmax of the products', () => {
    const out = setAttention(new Tape(kernels), { query, key, value }, { queries, keys, heads: 2 });
    // Query 3 is the first of set 2, whose keys are rows 4 and 5; head 1 has columns 2 and 3.
    const at = (tensor: Tensor, row: number, column: number) => tensor.data[row * 4 + column] as number;
    const scores = [4, 5].map(
      (row) => (at(query, 3, 2) * at(key, row, 2) + at(query, 3, 3) * at(key, row, 3)) / Math.sqrt(2),
    );
    const [a, b] = scores.map(Math.exp) as [number, number];
    for (const column of [2, 3]) {
      const expected = (a * at(value, 4, column) + b * at(value, 5, column)) / (a + b);
      expect(at(out, 3, column)).toBeCloseTo(expected, 6);
    }
  });

  it('has the gradients of queries, keys and values', () => {
    checkGradients([query, key, value], (tape) =>
      setAttention(tape, { query, key, value }, { queries, keys, heads: 2 }),
    );
  });

  it('refuses heads that do not divide the width, and sets that do not fit the rows', () => {
    const attend = (heads: number, sets: typeof keys) => () =>
      setAttention(new Tape(kernels), { query, key, value }, { queries, keys: sets, heads });
    expect(attend(3, keys)).toThrow(invalidArgument('do not fit 3 heads'));
    expect(attend(2, setsOf([3, 1, 1]))).toThrow(
      invalidArgument('setAttention: 3 sets of 5 queries and 3 of 5 keys do not fit 5 and 6 rows'),
    );
  });
});

describe('layerNorm', () => {
  it('gives every row mean 0 and variance 1, and has its gradients', () => {
    const [x, gain, bias] = [randomTensor([3, 5], 1), randomTensor([5], 2), randomTensor([5], 3)];
    const ones = new Tensor([5], new Float32Array(5).fill(1));
    const { data } = layerNorm(new Tape(kernels), { x, gain: ones, bias: Tensor.zeros([5]) });
    for (let row = 0; row < 3; ++row) {
      const own = data.subarray(5 * row, 5 * row + 5);
      expect(own.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 5);
      expect(own.reduce((a, b) => a + b * b, 0) / 5).toBeCloseTo(1, 5);
    }
    checkGradients([x, gain, bias], (tape) => layerNorm(tape, { x, gain, bias }));
  });
});

describe('rowDot', () => {
  it('multiplies row by row and has its gradients', () => {
    const a = new Tensor([2, 2], Float32Array.of(1, 2, 3, 4), true);
    const b = new Tensor([2, 2], Float32Array.of(5, 6, 7, 8), true);
    expect([...rowDot(new Tape(kernels), a, b).data]).toEqual([17, 53]);
    checkGradients([a, b], (tape) => rowDot(tape, a, b));
  });
});

describe('SetBlock', () => {
  const block = new SetBlock(8, 2, new Random(4));
  const run = (x: Float32Array, sizes: readonly number[]) => {
    const sets = setsOf(sizes);
    const rows = new Tensor([x.length / 8, 8], x);
    return block.forward(new Tape(kernels), { x: rows, queries: sets, y: rows, keys: sets }).data;
  };
  const x = randomTensor([5, 8], 9).data;
  const row = (values: Float32Array, index: number) => [...values.subarray(8 * index, 8 * index + 8)];

  it('moves its results with the rows of a set, and sees no other set', () => {
    const out = run(x, [3, 2]);
    const swapped = Float32Array.from([2, 1, 0].flatMap((index) => row(x, index)));
    const alone = run(swapped, [3]);
    for (const index of [0, 1, 2]) {
      row(alone, 2 - index).forEach((value, i) => {
        expect(value).toBeCloseTo(row(out, index)[i] as number, 5);
      });
    }
  });

  it('has gradients of every parameter', () => {
    const sets = setsOf([3, 2]);
    const rows = new Tensor([5, 8], x);
    const parameters = block.parameters('block');
    expect(new Set(parameters.map(({ name }) => name)).size).toBe(12);
    checkGradients(
      parameters.map(({ tensor }) => tensor),
      (tape) => block.forward(tape, { x: rows, queries: sets, y: rows, keys: sets }),
    );
  });
});

describe('losses over sets', () => {
  const sets = setsOf([3, 1, 2]);
  const logits = randomTensor([6], 5);
  const rows = [1, 3, 5];

  it('setCrossEntropy is the mean of -log softmax within each set', () => {
    const x = logits.data;
    const share = (own: readonly number[], wanted: number) =>
      Math.exp(x[wanted] as number) / own.reduce((sum, i) => sum + Math.exp(x[i] as number), 0);
    const expected = -(Math.log(share([0, 1, 2], 1)) + Math.log(share([4, 5], 5))) / 3;
    expect(setCrossEntropy(new Tape(kernels), logits, sets, rows).item()).toBeCloseTo(expected, 6);
    checkGradients([logits], (tape) => setCrossEntropy(tape, logits, sets, rows));
  });

  it('clippedPolicy has the gradient of the clipped surrogate and the entropy', () => {
    const shares = setSoftmax(sets, logits.data);
    const ratios = [1.05, 1.5, 1.5];
    // Inside the clip, above it with a gain (no gradient), and below it with a loss that clipping must not hide.
    const probabilities = rows.map((row, set) => (shares[row] as number) / (ratios[set] as number));
    const advantages = [0.7, 0.4, -0.6];
    const actions = { sets, rows, probabilities, advantages };
    const loss = (tape: Tape) => clippedPolicy(tape, logits, actions, { clip: 0.2, entropy: 0.01 });
    const entropy = -shares.reduce((sum, p) => sum + p * Math.log(p), 0);
    const expected = -(1.05 * 0.7 + 1.2 * 0.4 + 1.5 * -0.6 + 0.01 * entropy) / 3;
    expect(loss(new Tape(kernels)).item()).toBeCloseTo(expected, 6);
    checkGradients([logits], loss);
  });

  it('refuses rows and logits that do not fit the sets', () => {
    expect(() => setCrossEntropy(new Tape(kernels), logits, sets, [1, 3])).toThrow(
      invalidArgument('setCrossEntropy: logits [6] and 2 rows do not fit 3 sets of 6 rows'),
    );
  });
});
