import { describe, expect, test } from 'vitest';
import type { ActivationName } from '../../bindings/addon.ts';
import { loadAddon } from '../../bindings/load.ts';
import { failureOf, noise } from './support.ts';

const { kernels } = loadAddon();
const at = (values: ArrayLike<number>, index: number): number => values[index] ?? Number.NaN;

/** Largest |got - wanted| / max(1, |wanted|); NaN anywhere is Infinity. */
function relativeError(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(got.length).toBe(wanted.length);
  let worst = 0;
  for (let index = 0; index < wanted.length; ++index) {
    const error = Math.abs(at(got, index) - at(wanted, index)) / Math.max(1, Math.abs(at(wanted, index)));
    worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
  }
  return worst;
}

/** erf by its Taylor series in double precision; exact to 1e-12 for |x| < 4. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 120; ++n) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

describe('gemm', () => {
  const sizes = [
    [1, 1, 1],
    [2, 3, 4],
    [5, 17, 33],
    [33, 16, 1],
    [1, 65, 7],
    [70, 40, 130],
  ] as const;
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      for (const accumulate of [false, true]) {
        test(`agrees with three loops (transposeA ${transposeA}, transposeB ${transposeB}, accumulate ${accumulate})`, () => {
          for (const [m, n, k] of sizes) {
            const a = noise(m * k, 1);
            const b = noise(k * n, 2);
            const c = noise(m * n, 3);
            const wanted = Array.from(c, (start, index) => {
              const [i, j] = [Math.floor(index / n), index % n];
              let sum = accumulate ? start : 0;
              for (let p = 0; p < k; ++p) {
                sum += at(a, transposeA ? p * m + i : i * k + p) * at(b, transposeB ? j * k + p : p * n + j);
              }
              return sum;
            });
            kernels.gemm(transposeA, transposeB, m, n, k, a, b, c, accumulate);
            expect(relativeError(c, wanted)).toBeLessThan(1e-5);
          }
        });
      }
    }
  }

  test('gives the same bits for every row whatever the number of rows', () => {
    const [m, n, k] = [37, 24, 50];
    const [a, b] = [noise(m * k, 4), noise(k * n, 5)];
    const all = new Float32Array(m * n);
    kernels.gemm(false, false, m, n, k, a, b, all, false);
    for (let row = 0; row < m; ++row) {
      const one = new Float32Array(n);
      kernels.gemm(false, false, 1, n, k, a.subarray(row * k, (row + 1) * k), b, one, false);
      expect(one).toEqual(all.slice(row * n, (row + 1) * n));
    }
  });

  test('an empty inner dimension is a sum of nothing', () => {
    const empty = new Float32Array(0);
    const c = new Float32Array([1, 2, 3, 4]);
    kernels.gemm(false, false, 2, 2, 0, empty, empty, c, true);
    expect([...c]).toEqual([1, 2, 3, 4]);
    kernels.gemm(false, false, 2, 2, 0, empty, empty, c, false);
    expect([...c]).toEqual([0, 0, 0, 0]);
  });

  test('empty results are accepted', () => {
    const empty = new Float32Array(0);
    kernels.gemm(false, false, 0, 3, 2, empty, new Float32Array(6), empty, false);
    kernels.gemm(false, false, 3, 0, 2, new Float32Array(6), empty, empty, false);
    expect(empty).toHaveLength(0);
  });

  test('writes only the view it was given', () => {
    const store = new Float32Array(12).fill(9);
    const c = store.subarray(4, 8);
    kernels.gemm(false, false, 2, 2, 1, new Float32Array([1, 2]), new Float32Array([3, 4]), c, false);
    expect([...store]).toEqual([9, 9, 9, 9, 3, 4, 6, 8, 9, 9, 9, 9]);
  });
});

describe('softmaxRows', () => {
  test('agrees with exp over sum of exp', () => {
    for (const [rows, cols] of [
      [1, 1],
      [3, 5],
      [7, 33],
    ] as const) {
      const x = noise(rows * cols).map((value) => 10 * value);
      const wanted = Array.from(x, (value, index) => {
        const row = x.subarray(Math.floor(index / cols) * cols, (Math.floor(index / cols) + 1) * cols);
        return Math.exp(value) / row.reduce((sum, other) => sum + Math.exp(other), 0);
      });
      kernels.softmaxRows(x, rows, cols);
      expect(relativeError(x, wanted)).toBeLessThan(1e-6);
    }
  });

  test('stays finite for scores that overflow exp', () => {
    const x = new Float32Array([1e4, 1e4, -1e4, 0]);
    kernels.softmaxRows(x, 1, 4);
    expect([...x]).toEqual([0.5, 0.5, 0, 0]);
  });
});

describe('activate', () => {
  const formulas: Readonly<Record<ActivationName, (x: number) => number>> = {
    none: (x) => x,
    relu: (x) => Math.max(0, x),
    gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
    sigmoid: (x) => 1 / (1 + Math.exp(-x)),
    tanh: Math.tanh,
  };
  for (const name of Object.keys(formulas) as ActivationName[]) {
    test(`${name} agrees with its formula`, () => {
      const x = noise(1003).map((value) => 5 * value);
      const wanted = Array.from(x, formulas[name]);
      kernels.activate(name, x);
      expect(relativeError(x, wanted)).toBeLessThan(2e-6);
    });
  }

  test('accepts an empty array', () => {
    kernels.activate('gelu', new Float32Array(0));
  });
});

describe('accumulateRows', () => {
  test('adds the sum over rows to what is there', () => {
    const [rows, cols] = [9, 21];
    const x = noise(rows * cols);
    const out = noise(cols, 7);
    const wanted = Array.from(out, (start, col) => {
      let sum = start;
      for (let row = 0; row < rows; ++row) sum += at(x, row * cols + col);
      return sum;
    });
    kernels.accumulateRows(x, rows, cols, out);
    expect(relativeError(out, wanted)).toBeLessThan(1e-6);
  });
});

describe('pairwiseHead', () => {
  test('is bias + u·relu(prompt + model) for every pair', () => {
    const [rows, models, hidden] = [5, 3, 37];
    const [prompt, model] = [noise(rows * hidden, 1), noise(models * hidden, 2)];
    const [u, bias] = [noise(hidden, 3), noise(models, 4)];
    const out = new Float32Array(rows * models);
    const wanted = Array.from(out, (_, index) => {
      const [i, c] = [Math.floor(index / models), index % models];
      let sum = at(bias, c);
      for (let j = 0; j < hidden; ++j) {
        sum += at(u, j) * Math.max(0, at(prompt, i * hidden + j) + at(model, c * hidden + j));
      }
      return sum;
    });
    kernels.pairwiseHead(prompt, model, u, bias, rows, models, hidden, out);
    expect(relativeError(out, wanted)).toBeLessThan(1e-5);
  });
});

describe('pairwiseActive', () => {
  test('sums the gradient over the models and over the prompts that a unit is active for', () => {
    const [rows, models, hidden] = [5, 3, 37];
    const [prompt, model] = [noise(rows * hidden, 1), noise(models * hidden, 2)];
    const gradient = noise(rows * models, 3);
    const active = (i: number, c: number, j: number) =>
      at(prompt, i * hidden + j) + at(model, c * hidden + j) > 0 ? at(gradient, i * models + c) : 0;
    const range = (count: number) => [...Array(count).keys()];
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
    const [byPrompt, byModel] = [new Float32Array(rows * hidden), new Float32Array(models * hidden)];
    kernels.pairwiseActive(prompt, model, gradient, rows, models, hidden, byPrompt, byModel);
    const wantedByPrompt = range(rows).flatMap((i) =>
      range(hidden).map((j) => sum(range(models).map((c) => active(i, c, j)))),
    );
    const wantedByModel = range(models).flatMap((c) =>
      range(hidden).map((j) => sum(range(rows).map((i) => active(i, c, j)))),
    );
    expect(relativeError(byPrompt, wantedByPrompt)).toBeLessThan(1e-5);
    expect(relativeError(byModel, wantedByModel)).toBeLessThan(1e-5);
  });
});

describe('adamW', () => {
  const options = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 };

  test('agrees with the update of Loshchilov and Hutter over several steps', () => {
    const count = 45;
    const param = noise(count, 1);
    const wanted = Float64Array.from(param);
    const [m, v] = [new Float32Array(count), new Float32Array(count)];
    const [wantedM, wantedV] = [new Float64Array(count), new Float64Array(count)];
    for (let step = 1; step <= 4; ++step) {
      const grad = noise(count, 10 + step);
      kernels.adamW(param, grad, m, v, { ...options, step });
      for (let index = 0; index < count; ++index) {
        const g = at(grad, index);
        wantedM[index] = 0.9 * at(wantedM, index) + 0.1 * g;
        wantedV[index] = 0.999 * at(wantedV, index) + 0.001 * g * g;
        const update =
          at(wantedM, index) /
          (1 - 0.9 ** step) /
          (Math.sqrt(at(wantedV, index) / (1 - 0.999 ** step)) + 1e-8);
        wanted[index] = at(wanted, index) * (1 - 0.01 * 0.1) - 0.01 * update;
      }
    }
    expect(relativeError(param, wanted)).toBeLessThan(1e-5);
    expect(relativeError(m, wantedM)).toBeLessThan(1e-6);
    expect(relativeError(v, wantedV)).toBeLessThan(1e-6);
  });

  test.each([
    ['learningRate', -1],
    ['beta1', 1],
    ['beta2', -0.1],
    ['epsilon', 0],
    ['weightDecay', Number.NaN],
    ['learningRate', Number.POSITIVE_INFINITY],
    ['beta2', 0.999999999], // 1 as a float: the bias correction would divide by zero
    ['step', 0],
    ['step', 1.5],
  ] as const)('refuses %s = %s', (name, value) => {
    const [p, g, m, v] = [1, 2, 3, 4].map((seed) => noise(3, seed)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const before = Float32Array.from(p);
    const failure = failureOf(() => kernels.adamW(p, g, m, v, { ...options, step: 1, [name]: value }));
    expect(failure.code).toBe('ERR_INVALID_ARGUMENT');
    expect(failure.message).toContain(`adamW: ${name} `);
    expect(p).toEqual(before);
  });
});

describe('every kernel checks sizes before it touches memory', () => {
  const three = () => new Float32Array(3);
  const invalid = (message: string) => ({ code: 'ERR_INVALID_ARGUMENT', message });
  const adamOptions = { learningRate: 1, beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0, step: 1 };

  test.each([
    [
      'gemm, a too short',
      () => kernels.gemm(false, false, 2, 1, 2, three(), new Float32Array(2), new Float32Array(2), false),
      'gemm: a must have shape [m, k] = 2 x 2 = 4 elements, got 3',
    ],
    [
      'gemm, transposed a too short',
      () => kernels.gemm(true, false, 1, 1, 4, three(), new Float32Array(4), new Float32Array(1), false),
      'gemm: a must have shape [k, m] = 4 x 1 = 4 elements, got 3',
    ],
    [
      'gemm, b too long',
      () => kernels.gemm(false, true, 1, 1, 2, new Float32Array(2), three(), new Float32Array(1), false),
      'gemm: b must have shape [n, k] = 1 x 2 = 2 elements, got 3',
    ],
    [
      'gemm, c too short',
      () => kernels.gemm(false, false, 3, 2, 1, three(), new Float32Array(2), three(), false),
      'gemm: c must have shape [m, n] = 3 x 2 = 6 elements, got 3',
    ],
    [
      'softmaxRows',
      () => kernels.softmaxRows(three(), 2, 2),
      'softmaxRows: x must have shape [rows, cols] = 2 x 2 = 4 elements, got 3',
    ],
    [
      'accumulateRows, out',
      () => kernels.accumulateRows(three(), 1, 3, new Float32Array(2)),
      'accumulateRows: out must have shape [1, cols] = 1 x 3 = 3 elements, got 2',
    ],
    [
      'pairwiseHead, model',
      () =>
        kernels.pairwiseHead(three(), three(), three(), new Float32Array(2), 1, 2, 3, new Float32Array(2)),
      'pairwiseHead: model must have shape [models, hidden] = 2 x 3 = 6 elements, got 3',
    ],
    [
      'pairwiseActive, byModel',
      () =>
        kernels.pairwiseActive(three(), three(), new Float32Array(1), 1, 1, 3, three(), new Float32Array(2)),
      'pairwiseActive: byModel must have shape [models, hidden] = 1 x 3 = 3 elements, got 2',
    ],
    [
      'adamW, grad',
      () => kernels.adamW(three(), new Float32Array(2), three(), three(), adamOptions),
      'adamW: grad must have shape [1, count] = 1 x 3 = 3 elements, got 2',
    ],
  ])('%s', (_, action, message) => {
    expect(failureOf(action)).toEqual(invalid(message));
  });

  test('sizes whose product overflows are refused', () => {
    const huge = Number.MAX_SAFE_INTEGER;
    expect(failureOf(() => kernels.softmaxRows(three(), huge, huge))).toEqual(
      invalid(`softmaxRows: x is too large: ${huge} x ${huge} elements`),
    );
  });

  test.each([
    [Number.NaN, 'NaN'],
    [-1, '-1'],
    [0.5, '0.5'],
    [2 ** 53, '9007199254740992'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    ['3', 'a string'],
    [undefined, 'undefined'],
    [3n, 'a bigint'],
  ])('%s is no size', (size, shown) => {
    expect(failureOf(() => kernels.softmaxRows(three(), size as number, 1))).toEqual(
      invalid(`softmaxRows: rows must be a whole number from 0 to 2^53 - 1, got ${shown}`),
    );
  });

  test.each([
    [new Float64Array(3), 'a Float64Array'],
    [[1, 2, 3], 'an array'],
    [null, 'null'],
    [new DataView(new ArrayBuffer(12)), 'an object'],
    [Object.create(Float32Array.prototype), 'an object'],
    [new Proxy(new Float32Array(3), {}), 'an object'],
  ])('no Float32Array: case %#', (value, shown) => {
    expect(failureOf(() => kernels.softmaxRows(value as Float32Array, 1, 3))).toEqual(
      invalid(`softmaxRows: x must be a Float32Array, got ${shown}`),
    );
  });

  test('a detached array is refused, also by a getter that detaches it in mid-call', () => {
    const [param, grad, m, v] = [three(), three(), three(), three()];
    structuredClone(param.buffer, { transfer: [param.buffer] });
    expect(failureOf(() => kernels.softmaxRows(param, 1, 3))).toEqual(
      invalid('softmaxRows: x has a detached buffer: it was transferred to another thread or object'),
    );
    const trap = {
      ...adamOptions,
      get step() {
        structuredClone(grad.buffer, { transfer: [grad.buffer] });
        return 1;
      },
    };
    expect(failureOf(() => kernels.adamW(three(), grad, m, v, trap))).toEqual(
      invalid('adamW: grad has a detached buffer: it was transferred to another thread or object'),
    );
  });

  test('an array whose resizable buffer shrank has the size it has now', () => {
    const ResizableBuffer = ArrayBuffer as unknown as new (
      bytes: number,
      options: { maxByteLength: number },
    ) => ArrayBuffer & { resize(bytes: number): void };
    const buffer = new ResizableBuffer(12, { maxByteLength: 64 });
    const x = new Float32Array(buffer);
    buffer.resize(4);
    expect(failureOf(() => kernels.softmaxRows(x, 1, 3))).toEqual(
      invalid('softmaxRows: x must have shape [rows, cols] = 1 x 3 = 3 elements, got 1'),
    );
  });

  test('shared memory is accepted', () => {
    const x = new Float32Array(new SharedArrayBuffer(8));
    kernels.softmaxRows(x, 1, 2);
    expect([...x]).toEqual([0.5, 0.5]);
  });

  test('an output that shares memory with an input is refused', () => {
    const store = new Float32Array(8);
    const one = new Float32Array([1]);
    expect(
      failureOf(() =>
        kernels.gemm(false, false, 4, 1, 1, store.subarray(0, 4), one, store.subarray(3, 7), false),
      ),
    ).toEqual(invalid('gemm: c must not share memory with a: pass a copy'));
    kernels.gemm(false, false, 4, 1, 1, store.subarray(0, 4), one, store.subarray(4, 8), false);
  });

  test('missing arguments are refused', () => {
    const call = kernels.gemm as () => void;
    expect(failureOf(() => call())).toEqual(invalid('gemm: transposeA must be a boolean, got undefined'));
  });

  test('an unknown activation is refused', () => {
    expect(failureOf(() => kernels.activate('swish' as ActivationName, three()))).toEqual(
      invalid("activate: activation must be 'none', 'relu', 'gelu', 'sigmoid' or 'tanh', got 'swish'"),
    );
  });
});
