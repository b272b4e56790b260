import { describe, expect, it } from 'vitest';
import { add, mul, scale, sub } from '../../lib/nn/ops/arithmetic.ts';
import { concatColumns } from '../../lib/nn/ops/concat-columns.ts';
import { dropout } from '../../lib/nn/ops/dropout.ts';
import { gatherRows } from '../../lib/nn/ops/gather-rows.ts';
import { matmul } from '../../lib/nn/ops/matmul.ts';
import { pairwiseHead } from '../../lib/nn/ops/pairwise-head.ts';
import { exp, gelu, log, relu, sigmoid, tanh } from '../../lib/nn/ops/pointwise.ts';
import { mean, sum } from '../../lib/nn/ops/reduce.ts';
import { reshape } from '../../lib/nn/ops/reshape.ts';
import { Random } from '../../lib/nn/random.ts';
import { Tape } from '../../lib/nn/tape.ts';
import { Tensor } from '../../lib/nn/tensor.ts';
import { checkGradients, randomTensor } from './gradient-check.ts';
import { kernels } from './kernels.ts';

const invalidArgument = (message: string) =>
  expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', message: expect.stringContaining(message) });

describe('matmul', () => {
  const transposes = [
    { transposeA: false, transposeB: false },
    { transposeA: false, transposeB: true },
    { transposeA: true, transposeB: false },
    { transposeA: true, transposeB: true },
  ];

  it.each(transposes)('multiplies and has the gradients of both factors, %o', (options) => {
    const [m, n, k] = [3, 4, 5];
    const a = randomTensor(options.transposeA ? [k, m] : [m, k], 1);
    const b = randomTensor(options.transposeB ? [n, k] : [k, n], 2);
    const product = matmul(new Tape(kernels), a, b, options);
    expect(product.shape).toEqual([m, n]);
    for (let i = 0; i < m; ++i) {
      for (let j = 0; j < n; ++j) {
        let expected = 0;
        for (let p = 0; p < k; ++p) {
          const x = a.data[options.transposeA ? p * m + i : i * k + p] as number;
          expected += x * (b.data[options.transposeB ? j * k + p : p * n + j] as number);
        }
        expect(product.data[i * n + j]).toBeCloseTo(expected, 5);
      }
    }
    checkGradients([a, b], (tape) => matmul(tape, a, b, options));
  });

  it('refuses factors whose inner lengths differ', () => {
    const multiply = () => matmul(new Tape(kernels), randomTensor([2, 3], 1), randomTensor([4, 2], 2));
    expect(multiply).toThrow(invalidArgument('matmul: inner lengths differ: [2, 3] times [4, 2]'));
  });

  it('refuses what is not a matrix', () => {
    const multiply = () => matmul(new Tape(kernels), randomTensor([3], 1), randomTensor([3, 2], 2));
    expect(multiply).toThrow(invalidArgument('matmul: a must be a matrix, got shape [3]'));
  });
});

describe('arithmetic', () => {
  it.each([
    { name: 'add', operation: add, expected: [11, 22, 13, 24] },
    { name: 'sub', operation: sub, expected: [-9, -18, -7, -16] },
    { name: 'mul', operation: mul, expected: [10, 40, 30, 80] },
  ])('$name repeats a row over the rows of the first operand', ({ operation, expected }) => {
    const a = new Tensor([2, 2], Float32Array.of(1, 2, 3, 4));
    const b = new Tensor([2], Float32Array.of(10, 20));
    expect([...operation(new Tape(kernels), a, b).data]).toEqual(expected);
  });

  it.each([
    { name: 'add', operation: add },
    { name: 'sub', operation: sub },
    { name: 'mul', operation: mul },
  ])('$name has the gradients of equal shapes and of a repeated row', ({ operation }) => {
    const [a, b, row] = [randomTensor([3, 4], 1), randomTensor([3, 4], 2), randomTensor([4], 3)];
    checkGradients([a, b], (tape) => operation(tape, a, b));
    checkGradients([a, row], (tape) => operation(tape, a, row));
  });

  it('scale multiplies by a number and has its gradient', () => {
    const x = randomTensor([2, 3], 1);
    expect(scale(new Tape(kernels), x, -2).data).toEqual(x.data.map((value) => -2 * value));
    checkGradients([x], (tape) => scale(tape, x, -2));
  });

  it.each([[[3]], [[2, 1]], [[4, 3]]])('refuses to broadcast %o over [3, 4]', (shape) => {
    const [a, b] = [randomTensor([3, 4], 1), randomTensor(shape, 2)];
    expect(() => add(new Tape(kernels), a, b)).toThrow(
      invalidArgument(
        `add: b must have the shape of a, [3, 4], or be one row of it, got [${shape.join(', ')}]`,
      ),
    );
  });
});

describe('pointwise operations', () => {
  const positive = () => new Tensor([2, 3], Float32Array.of(0.3, 0.7, 1, 1.5, 2, 4), true);

  it.each([
    { name: 'relu', operation: relu },
    { name: 'gelu', operation: gelu },
    { name: 'sigmoid', operation: sigmoid },
    { name: 'tanh', operation: tanh },
    { name: 'exp', operation: exp },
  ])('$name has its gradient', ({ operation }) => {
    const x = randomTensor([5, 7], 3);
    checkGradients([x], (tape) => operation(tape, x));
  });

  it('log has its gradient', () => {
    const x = positive();
    checkGradients([x], (tape) => log(tape, x));
  });

  it('gelu has its gradient at and near 0, where the quotient form is not exact', () => {
    const x = new Tensor([5], Float32Array.of(-0.011, -0.009, 0, 1e-6, 0.0101), true);
    checkGradients([x], (tape) => gelu(tape, x));
  });

  it('computes the exact, erf form of gelu', () => {
    const y = gelu(new Tape(kernels), new Tensor([3], Float32Array.of(-1, 0.5, 2)));
    [-0.1586553, 0.3457312, 1.9544997].forEach((expected, i) => {
      expect(y.data[i]).toBeCloseTo(expected, 5);
    });
  });

  it('leaves the input as it was', () => {
    const x = positive();
    const before = x.data.slice();
    for (const operation of [relu, gelu, sigmoid, tanh, exp, log]) operation(new Tape(kernels), x);
    expect(x.data).toEqual(before);
  });
});

describe('shape operations', () => {
  it('gatherRows copies rows, and adds the gradients of a row gathered twice', () => {
    const table = randomTensor([4, 3], 1);
    const rows = gatherRows(new Tape(kernels), table, [2, 0, 2]);
    expect([...rows.data]).toEqual([
      ...table.data.subarray(6, 9),
      ...table.data.subarray(0, 3),
      ...table.data.subarray(6, 9),
    ]);
    checkGradients([table], (tape) => gatherRows(tape, table, [2, 0, 2]));
  });

  it.each([-1, 4, 0.5])('gatherRows refuses index %d of four rows', (index) => {
    const gather = () => gatherRows(new Tape(kernels), randomTensor([4, 3], 1), [index]);
    expect(gather).toThrow(invalidArgument(`gatherRows: index ${index} is outside a table of 4 rows`));
  });

  it('concatColumns lays matrices side by side and has the gradient of each', () => {
    const [a, b] = [new Tensor([2, 1], Float32Array.of(1, 4), true), randomTensor([2, 2], 1)];
    const joined = concatColumns(new Tape(kernels), [a, b]);
    const [b0, b1, b2, b3] = b.data;
    expect([...joined.data]).toEqual([1, b0, b1, 4, b2, b3]);
    checkGradients([a, b], (tape) => concatColumns(tape, [a, b]));
  });

  it('concatColumns refuses matrices of different heights', () => {
    const join = () => concatColumns(new Tape(kernels), [randomTensor([2, 1], 1), randomTensor([3, 1], 2)]);
    expect(join).toThrow(invalidArgument('concatColumns: part 1 has 3 rows, part 0 has 2'));
  });

  it('reshape keeps order and has its gradient', () => {
    const x = randomTensor([2, 3], 1);
    expect(reshape(new Tape(kernels), x, [3, 2]).data).toEqual(x.data);
    checkGradients([x], (tape) => matmul(tape, reshape(tape, x, [3, 2]), x));
  });

  it('reshape refuses another size', () => {
    const resize = () => reshape(new Tape(kernels), randomTensor([2, 3], 1), [4]);
    expect(resize).toThrow(invalidArgument('reshape: [2, 3] has 6 values, [4] needs 4'));
  });
});

describe('reductions', () => {
  it('sum and mean give scalars and have their gradients', () => {
    const x = new Tensor([2, 2], Float32Array.of(1, 2, 3, 4), true);
    expect(sum(new Tape(kernels), x).item()).toBe(10);
    expect(mean(new Tape(kernels), x).item()).toBe(2.5);
    checkGradients([x], (tape) => sum(tape, x));
    checkGradients([x], (tape) => mean(tape, mul(tape, x, x)));
  });

  it('mean refuses a tensor without elements', () => {
    expect(() => mean(new Tape(kernels), Tensor.zeros([0, 3]))).toThrow(invalidArgument('has no mean'));
  });
});

describe('dropout', () => {
  const ones = () => new Tensor([200, 50], new Float32Array(10_000).fill(1), true);

  it('keeps the expectation and drops the stated share', () => {
    const out = dropout(new Tape(kernels, { training: true }), ones(), 0.25, new Random(1));
    const dropped = out.data.filter((x) => x === 0).length;
    expect(dropped / 10_000).toBeCloseTo(0.25, 1);
    expect(out.data.reduce((total, x) => total + x, 0) / 10_000).toBeCloseTo(1, 1);
  });

  it('passes gradients only through the elements it kept', () => {
    const x = randomTensor([6, 5], 2);
    checkGradients([x], (tape) => dropout(tape, x, 0.4, new Random(7)));
  });

  it('does nothing outside training', () => {
    const x = ones();
    expect(dropout(new Tape(kernels), x, 0.5, new Random(1))).toBe(x);
  });

  it.each([-0.1, 1, Number.NaN])('refuses the rate %d', (rate) => {
    expect(() => dropout(new Tape(kernels), ones(), rate, new Random(1))).toThrow(
      invalidArgument(`dropout: the rate must be in [0, 1), got ${rate}`),
    );
  });
});

describe('pairwiseHead', () => {
  /** Multiples of 1/4 and odd multiples of 1/8: no sum of the two is within 1/8 of 0, where relu has no derivative. */
  const inputs = () => ({
    prompt: new Tensor(
      [4, 6],
      randomTensor([4, 6], 1).data.map((x) => Math.round(4 * x) / 4),
      true,
    ),
    model: new Tensor(
      [3, 6],
      randomTensor([3, 6], 2).data.map((x) => Math.round(4 * x) / 4 + 0.125),
      true,
    ),
    outWeight: randomTensor([6], 3),
    outBias: randomTensor([3], 4),
  });

  it('equals bias + u·relu(prompt + model) and has the gradients of all four inputs', () => {
    const head = inputs();
    const { prompt, model, outWeight, outBias } = head;
    const out = pairwiseHead(new Tape(kernels), head);
    expect(out.shape).toEqual([4, 3]);
    for (let row = 0; row < 4; ++row) {
      for (let c = 0; c < 3; ++c) {
        let expected = outBias.data[c] as number;
        for (let j = 0; j < 6; ++j) {
          const unit = (prompt.data[row * 6 + j] as number) + (model.data[c * 6 + j] as number);
          expected += (outWeight.data[j] as number) * Math.max(0, unit);
        }
        expect(out.data[row * 3 + c]).toBeCloseTo(expected, 5);
      }
    }
    checkGradients([prompt, model, outWeight, outBias], (tape) => pairwiseHead(tape, head));
  });

  it('refuses parts that do not fit together', () => {
    const misfit = { ...inputs(), outBias: randomTensor([4], 4) };
    expect(() => pairwiseHead(new Tape(kernels), misfit)).toThrow(
      invalidArgument('prompt [4, 6], model [3, 6], outWeight [6] and outBias [4] do not fit together'),
    );
  });
});
