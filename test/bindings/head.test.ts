import { describe, expect, test } from 'vitest';
import type { NativeHeadSpec } from '../../bindings/addon.ts';
import { createHead, openHeadGroup } from '../../bindings/engine.ts';
import { loadAddon } from '../../bindings/load.ts';
import { failureOf, noise } from './support.ts';

const addon = loadAddon();
const f32 = (...values: number[]) => new Float32Array(values);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const invalid = (message: string) => ({ code: 'ERR_INVALID_ARGUMENT', message });

const specs: { readonly [Kind in NativeHeadSpec['kind']]: Extract<NativeHeadSpec, { kind: Kind }> } = {
  constant: { kind: 'constant', scores: f32(0.25, 0.75) },
  linear: { kind: 'linear', dimension: 3, weight: f32(1, 0, 0, 0, 0.5, 0), bias: f32(0, 0.25) },
  pairwise: {
    kind: 'pairwise',
    dimension: 2,
    hidden: 2,
    promptWeight: f32(1, 0, 0, 1),
    modelPart: f32(0, 0, 1, -1),
    outWeight: f32(1, 2),
    outBias: f32(0, -1),
  },
  mlp: {
    kind: 'mlp',
    dimension: 2,
    layers: [
      { weight: f32(1, 0, 0, -1, 1, 1), bias: f32(0, 0, -1) },
      { weight: f32(2, 1, 0, 0, 0, 4), bias: f32(0, -1) },
    ],
  },
  neighbour: {
    kind: 'neighbour',
    dimension: 2,
    k: 2,
    temperature: 0,
    priorWeight: 1,
    keys: f32(1, 0, 0, 1, -1, 0),
    scores: f32(1, 0, 0.5, Number.NaN, 0, 0),
    prior: f32(0.6, 0.4),
  },
  stack: {
    kind: 'stack',
    members: [
      { kind: 'constant', scores: f32(1, 0) },
      { kind: 'linear', dimension: 1, weight: f32(1, 0), bias: f32(0, 0.5) },
    ],
    weights: f32(0.25, 0.75),
  },
  calibrated: {
    kind: 'calibrated',
    inner: { kind: 'linear', dimension: 1, weight: f32(1, 1), bias: f32(0, 0) },
    knots: 3,
    curve: f32(0, 0.5, 0.6, 0.2, 0.2, 1),
  },
  standardised: {
    kind: 'standardised',
    inner: { kind: 'linear', dimension: 2, weight: f32(1, 0, 0, 1), bias: f32(0, 0) },
    mean: f32(1, 0),
    scale: f32(2, 1),
    weight: f32(1, 1),
  },
  projected: {
    kind: 'projected',
    inner: { kind: 'linear', dimension: 1, weight: f32(1, 0.5), bias: f32(0, 0) },
    dimension: 2,
    projection: f32(0.5, 0.25),
  },
  join: {
    kind: 'join',
    members: [
      { kind: 'constant', scores: f32(1, 0.5) },
      { kind: 'linear', dimension: 2, weight: f32(1, 0), bias: f32(0) },
    ],
    columns: [2, 0, 1],
  },
  mix: {
    kind: 'mix',
    inner: { kind: 'linear', dimension: 2, weight: f32(1, 0, 0, 1), bias: f32(0, 0) },
    weight: f32(1, 0, 0, 1, 0.5, -0.5),
    bias: f32(0, 0, 0.25),
  },
  familiar: {
    kind: 'familiar',
    inner: { kind: 'linear', dimension: 2, weight: f32(1, 0, 0, 1), bias: f32(0, 0) },
    dimension: 2,
    k: 1,
    projection: f32(1, 0),
    keys: f32(1, -1),
    similarities: f32(0, 1),
    trust: f32(0, 1),
    fallback: f32(0.5, 0.5),
  },
  adapter: {
    kind: 'adapter',
    inner: { kind: 'linear', dimension: 2, weight: f32(1, 0, 0, 1), bias: f32(0, 0) },
    dimension: 2,
    bottleneck: 1,
    downWeight: f32(1, -1),
    downBias: f32(-0.25),
    upWeight: f32(0.5, 1),
  },
  experts: {
    kind: 'experts',
    general: {
      kind: 'pairwise',
      dimension: 2,
      hidden: 1,
      promptWeight: f32(1, 0),
      modelPart: f32(0, 1),
      outWeight: f32(2),
      outBias: f32(0, -1),
    },
    taskWeight: f32(0, 4, 0, -4),
    taskBias: f32(0, 0),
    confidence: 0.9,
    expertCounts: [1, 0],
    expertModels: [1],
    expertPart: f32(0.5),
    expertBias: f32(-2),
    alpha: 0.5,
    prior: f32(1, 0.5, 0, 0.25, 0.75, 0.5),
  },
};

describe('heads score by their formulas', () => {
  test('constant: the same for every prompt, for embeddings of any length', () => {
    using head = createHead(specs.constant);
    expect([head.dimension, head.models]).toEqual([0, 2]);
    expect([...head.score(f32(9, 9, 9, 9), 2)]).toEqual([0.25, 0.75, 0.25, 0.75]);
    expect([...head.score(f32(), 1)]).toEqual([0.25, 0.75]);
  });

  test('linear: weight·e + bias, held in [0, 1]', () => {
    using head = createHead(specs.linear);
    expect([head.dimension, head.models]).toEqual([3, 2]);
    expect([...head.score(f32(0.5, 0.5, 7, -1, 4, 0), 2)]).toEqual([0.5, 0.5, 0, 1]);
  });

  test('pairwise: sigmoid of bias + u·relu(W e + m)', () => {
    using head = createHead(specs.pairwise);
    const scores = head.score(f32(0.5, 0.25), 1);
    expect(scores[0]).toBeCloseTo(sigmoid(0.5 + 2 * 0.25), 6);
    expect(scores[1]).toBeCloseTo(sigmoid(-1 + 1.5), 6);
  });

  test('mlp: relu between its layers, sigmoid after the last', () => {
    using head = createHead(specs.mlp);
    expect([head.dimension, head.models]).toEqual([2, 2]);
    const scores = head.score(f32(0.5, 0.75), 1);
    expect(scores[0]).toBeCloseTo(sigmoid(2 * 0.5), 6);
    expect(scores[1]).toBeCloseTo(sigmoid(4 * 0.25 - 1), 6);
  });

  test('neighbour: the mean over near prompts and the prior, missing cells left out', () => {
    using head = createHead(specs.neighbour);
    const scores = head.score(f32(1, 0.5), 1);
    expect(scores[0]).toBeCloseTo((1 + 0.5 + 0.6) / 3, 6);
    expect(scores[1]).toBeCloseTo((0 + 0.4) / 2, 6);
  });

  test('stack: the weighted sum of its members, each held in [0, 1] first', () => {
    using head = createHead(specs.stack);
    expect([head.dimension, head.models]).toEqual([1, 2]);
    expect([...head.score(f32(0.5, 8), 2)]).toEqual([0.625, 0.375, 1, 0.375]);
  });

  test('calibrated: linear between the knots of each model', () => {
    using head = createHead(specs.calibrated);
    const scores = head.score(f32(0, 0.25, 0.5, 0.75, 1), 5);
    const expected = [0, 0.2, 0.25, 0.2, 0.5, 0.2, 0.55, 0.6, 0.6, 1];
    for (const [i, value] of expected.entries()) expect(scores[i]).toBeCloseTo(value, 6);
  });

  test('join: the columns of its members, each where the list says', () => {
    using head = createHead(specs.join);
    expect([head.dimension, head.models]).toEqual([2, 3]);
    expect([...head.score(f32(0.25, 9, 0.75, 9), 2)]).toEqual([0.5, 0.25, 1, 0.5, 0.75, 1]);
  });

  test('mix: linear in the scores of another head, held in [0, 1]', () => {
    using head = createHead(specs.mix);
    expect([head.dimension, head.models]).toEqual([2, 3]);
    expect([...head.score(f32(0.5, 0.25, 0, 1), 2)]).toEqual([0.5, 0.25, 0.375, 0, 1, 0]);
  });

  test('adapter: another head on x + up·relu(down·x + bias)', () => {
    using head = createHead(specs.adapter);
    expect([head.dimension, head.models]).toEqual([2, 2]);
    // relu(0.75 - 0.25 - 0.25) = 0.25 moves the first prompt, relu(-0.5) does not move the second.
    expect([...head.score(f32(0.75, 0.25, 0.25, 0.5), 2)]).toEqual([0.875, 0.5, 0.25, 0.5]);
  });

  test('experts: those of the task in place of general heads, and the task’s prior', () => {
    using head = createHead(specs.experts);
    expect([head.dimension, head.models]).toEqual([2, 2]);
    const scores = head.score(f32(0.5, 1, 0.5, -1, 0.5, 0), 3);
    const wanted = [
      [sigmoid(1) + 1, sigmoid(2 - 2) + 0.5], // sure of the first task, which has an expert for the second model
      [sigmoid(1), sigmoid(3 - 1) + 0.25], // of the second
      [sigmoid(1) + 0.75, sigmoid(3 - 1) + 0.5], // of none
    ].flat();
    for (const [cell, twice] of wanted.entries()) expect(scores[cell]).toBeCloseTo(twice / 2, 6);
  });

  test('familiar: differences drawn to those of the fallback as far as the nearest key is far', () => {
    using head = createHead(specs.familiar);
    expect([head.dimension, head.models]).toEqual([2, 2]);
    // Half of the difference of 0.25 is trusted where the nearest key's inner product is 0.5, all of it at 1.
    expect([...head.score(f32(0.5, 0.25, 1, 0.5), 2)]).toEqual([0.4375, 0.3125, 1, 0.5]);
  });

  test('no embeddings give no scores', () => {
    for (const spec of Object.values(specs)) {
      using head = createHead(spec);
      expect(head.score(f32(), 0)).toEqual(f32());
    }
  });

  test('a head keeps its own copy of the numbers it was made from', () => {
    const scores = f32(0.25);
    using head = createHead({ kind: 'constant', scores });
    scores[0] = 1;
    expect([...head.score(f32(), 1)]).toEqual([0.25]);
  });

  test('embeddings may be a view into a larger array', () => {
    using head = createHead(specs.linear);
    const store = noise(64);
    const view = store.subarray(5, 14);
    expect(head.score(view, 3)).toEqual(head.score(Float32Array.from(view), 3));
  });
});

describe('heads are refused', () => {
  test('with the whole story where the kind is unknown', () => {
    for (const kind of ['ipr', 'toString', '__proto__']) {
      expect(failureOf(() => createHead({ kind } as unknown as NativeHeadSpec))).toEqual(
        invalid(
          `Head: kind must be 'constant', 'linear', 'pairwise', 'mlp', 'neighbour', 'stack', 'calibrated', 'standardised', 'projected', 'join', 'mix', 'adapter', 'familiar' or 'experts', got '${kind}'`,
        ),
      );
    }
    expect(failureOf(() => createHead(undefined as unknown as NativeHeadSpec))).toEqual(
      invalid('Head: spec must be an object, got undefined'),
    );
    expect(failureOf(() => createHead({} as NativeHeadSpec))).toEqual(
      invalid('Head: kind must be a string, got undefined'),
    );
  });

  test('where heads inside a head do not fit each other, or nest without end', () => {
    const odd: NativeHeadSpec = { kind: 'constant', scores: f32(1, 0, 1) };
    const [first] = specs.stack.members;
    if (first === undefined) throw new Error('the stack has no member');
    expect(failureOf(() => createHead({ ...specs.stack, members: [first, odd] }))).toEqual(
      invalid('stack head: member 1: models: expected 2 values, got 3'),
    );
    expect(failureOf(() => createHead({ ...specs.stack, members: [specs.pairwise, specs.linear] }))).toEqual(
      invalid('stack head: member 1: dimension: expected 2 values, got 3'),
    );
    expect(failureOf(() => createHead({ ...specs.stack, members: [], weights: f32() }))).toEqual(
      invalid('stack head: expected at least one member'),
    );
    expect(failureOf(() => createHead({ ...specs.stack, weights: f32(1, -1) }))).toEqual(
      invalid('stack head: expected weights of at least 0, got -1.000000'),
    );
    expect(failureOf(() => createHead({ ...specs.calibrated, curve: f32(0, 1, 1, 0.5, 0.2, 1) }))).toEqual(
      invalid('calibrated head: the curve of model 1 falls'),
    );
    expect(failureOf(() => createHead({ ...specs.calibrated, knots: 1, curve: f32(0, 1) }))).toEqual(
      invalid('calibrated head: expected at least 2 knots'),
    );
    const endless: { kind: 'stack'; members: NativeHeadSpec[]; weights: Float32Array } = {
      kind: 'stack',
      members: [],
      weights: f32(1),
    };
    endless.members.push(endless);
    expect(failureOf(() => createHead(endless))).toEqual(
      invalid('Head: heads must be nested at most 64 deep'),
    );
  });

  test('where columns of a join are no list of counts, or name a model twice', () => {
    const join = (columns: unknown) => createHead({ ...specs.join, columns } as NativeHeadSpec);
    expect(failureOf(() => join(f32(0, 1, 2)))).toEqual(
      invalid('Head: columns must be an array, got a Float32Array'),
    );
    expect(failureOf(() => join([0, 1, 0.5]))).toEqual(
      invalid('Head: columns must be a whole number from 0 to 2^53 - 1, got 0.5'),
    );
    expect(failureOf(() => join([0, 1, 1]))).toEqual(
      invalid('join head: columns: expected each of 0 to 2 once, got 1 twice'),
    );
    expect(failureOf(() => createHead({ ...specs.join, members: 3 } as unknown as NativeHeadSpec))).toEqual(
      invalid('Head: members must be an array, got 3'),
    );
  });

  test('where a field is unknown, missing or of the wrong type', () => {
    expect(failureOf(() => createHead({ ...specs.linear, k: 3 } as NativeHeadSpec))).toEqual({
      code: 'ERR_UNKNOWN_OPTION',
      message: 'unknown field of a linear head "k"; known: kind, dimension, weight, bias',
    });
    expect(failureOf(() => createHead({ kind: 'linear', dimension: 3 } as NativeHeadSpec))).toEqual(
      invalid('Head: weight must be a Float32Array, got undefined'),
    );
    expect(failureOf(() => createHead({ ...specs.linear, dimension: Number.NaN }))).toEqual(
      invalid('Head: dimension must be a whole number from 0 to 2^53 - 1, got NaN'),
    );
    expect(failureOf(() => createHead({ ...specs.neighbour, temperature: Number.NaN }))).toEqual(
      invalid('Head: temperature must be a number that is finite as a float, got NaN'),
    );
  });

  test('where the layers of an mlp do not follow each other', () => {
    const [first, last] = specs.mlp.layers;
    if (first === undefined || last === undefined) throw new Error('the mlp has no two layers');
    const refused = (layers: unknown) =>
      failureOf(() => createHead({ ...specs.mlp, layers } as unknown as NativeHeadSpec));
    expect(refused([first, first])).toEqual(invalid('mlp head: layer 1: weight: expected 9 values, got 6'));
    expect(refused([first, { ...last, bias: f32() }])).toEqual(
      invalid('mlp head: layer 1: expected at least one output'),
    );
    expect(refused([])).toEqual(invalid('mlp head: expected at least one layer and one dimension'));
    expect(refused('layers')).toEqual(invalid('Head: layers must be an array'));
    expect(refused([first, { weight: last.weight }])).toEqual(
      invalid('Head: layers[1].bias must be a Float32Array, got undefined'),
    );
    expect(refused([first, 7])).toEqual(invalid('Head: layers[1] must be an object, got 7'));
    expect(refused([{ ...first, weight: first.weight.slice().fill(Number.NaN) }, last])).toEqual(
      invalid('mlp head: layer 0: weight: expected finite numbers, element 0 is nan'),
    );
  });

  test('where a buffer was detached', () => {
    const bias = f32(1, 2);
    structuredClone(bias.buffer, { transfer: [bias.buffer] });
    expect(failureOf(() => createHead({ ...specs.linear, bias }))).toEqual(
      invalid('Head: bias has a detached buffer: it was transferred to another thread or object'),
    );
  });

  test('where a size is too large to multiply', () => {
    for (const dimension of [2 ** 24 + 1, 2 ** 53 - 1]) {
      expect(failureOf(() => createHead({ ...specs.linear, dimension, weight: f32() }))).toEqual(
        invalid(`Head: dimension must be at most 16777216, got ${dimension}`),
      );
    }
  });

  const wrongSizes: readonly NativeHeadSpec[] = [
    { kind: 'constant', scores: f32() },
    { ...specs.linear, weight: f32(1, 2) },
    { ...specs.linear, dimension: 0, weight: f32() },
    { ...specs.pairwise, hidden: 3 },
    { ...specs.pairwise, promptWeight: f32() },
    { ...specs.pairwise, modelPart: f32(1) },
    { ...specs.pairwise, outWeight: f32(1) },
    { ...specs.mlp, dimension: 3 },
    { ...specs.mlp, dimension: 0 },
    { ...specs.neighbour, keys: f32(1, 2, 3) },
    { ...specs.neighbour, scores: f32(1) },
    { ...specs.neighbour, k: 0 },
    { ...specs.neighbour, temperature: -1 },
    { ...specs.join, columns: [0, 1] },
    { ...specs.join, members: [] },
    { ...specs.mix, weight: f32(1) },
    { ...specs.mix, weight: f32(), bias: f32() },
    { ...specs.adapter, bottleneck: 2 },
    { ...specs.adapter, dimension: 3, downWeight: f32(1, 2, 3), upWeight: f32(1, 2, 3) },
  ];
  test.each(wrongSizes.map((spec) => [spec.kind, spec] as const))(
    'where sizes do not fit: %s, case %#',
    (_, spec) => {
      const heads = addon.info().sharedHeads;
      expect(failureOf(() => createHead(spec)).code).toBe('ERR_INVALID_ARGUMENT');
      expect(addon.info().sharedHeads).toBe(heads);
    },
  );

  test('where a value is not finite', () => {
    expect(failureOf(() => createHead({ kind: 'constant', scores: f32(Number.NaN) })).code).toBe(
      'ERR_INVALID_ARGUMENT',
    );
    expect(
      failureOf(() => createHead({ ...specs.linear, bias: f32(0, Number.POSITIVE_INFINITY) })).code,
    ).toBe('ERR_INVALID_ARGUMENT');
  });

  test('where called without new', () => {
    const call = addon.Head as unknown as (spec: NativeHeadSpec) => unknown;
    expect(failureOf(() => call(specs.constant))).toEqual(invalid('Head is a class: call it with new'));
  });
});

describe('score refuses', () => {
  test('embeddings of another size than count says', () => {
    using head = createHead(specs.linear);
    expect(failureOf(() => head.score(f32(1, 2, 3, 4), 1))).toEqual(
      invalid('Head.score: embeddings must have shape [count, dimension] = 1 x 3 = 3 elements, got 4'),
    );
    expect(failureOf(() => head.score(f32(), 2 ** 53 - 1))).toEqual(
      invalid(
        'Head.score: embeddings must have shape [count, dimension] = 9007199254740991 x 3 = 27021597764222973 elements, got 0',
      ),
    );
    expect(failureOf(() => head.score(f32(1, 2, 3), 1.5))).toEqual(
      invalid('Head.score: count must be a whole number from 0 to 2^53 - 1, got 1.5'),
    );
  });

  test('a result that no memory could hold', () => {
    using head = createHead(specs.constant);
    expect(failureOf(() => head.score(f32(), 2 ** 40))).toEqual(
      invalid(
        'the result would take 8796093022208 bytes, the limit is 4294967296: pass fewer rows at a time',
      ),
    );
    expect(failureOf(() => head.score(f32(), 2 ** 53 - 1)).code).toBe('ERR_INVALID_ARGUMENT');
  });
});

describe('a disposed head', () => {
  test('throws ERR_DISPOSED, and dispose is idempotent', () => {
    const head = createHead(specs.constant);
    head.dispose();
    head.dispose();
    expect(failureOf(() => head.score(f32(), 1))).toEqual({
      code: 'ERR_DISPOSED',
      message: 'this Head was disposed: create another one',
    });
  });
});

describe('a head is process-wide', () => {
  test('and lives until its last holder lets go', () => {
    const before = addon.info().sharedHeads;
    const made = createHead(specs.linear);
    const group = openHeadGroup([made.id], 'cpu');
    expect(addon.info().sharedHeads).toBe(before + 1);
    made.dispose();
    expect(group.score(f32(0.5, 0.5, 7), 1)).toEqual([f32(0.5, 0.5)]);
    group.dispose();
    expect(addon.info().sharedHeads).toBe(before);
    expect(failureOf(() => openHeadGroup([made.id], 'cpu')).code).toBe('ERR_DISPOSED');
  });

  test.each([-1, 0.5, Number.NaN, '1', undefined, null, 2 ** 53, 2 ** 40])('%s is no id', (id) => {
    expect(failureOf(() => openHeadGroup([id as number], 'cpu')).code).toBe('ERR_INVALID_ARGUMENT');
  });
});

describe('a group of heads', () => {
  const make = () => [createHead(specs.linear), createHead(specs.constant), createHead(specs.linear)];

  test('gives every head its own scores, and keeps the heads alive', () => {
    const heads = make();
    const prompts = noise(4 * 3, 7);
    const expected = heads.map((head) => head.score(prompts, 4));
    const group = openHeadGroup(
      heads.map(({ id }) => id),
      'cpu',
    );
    for (const head of heads) head.dispose();
    expect(group.score(prompts, 4)).toEqual(expected);
    expect([group.device, group.deviceReason]).toEqual(['cpu', null]);
    group.dispose();
    group.dispose();
    expect(failureOf(() => group.score(prompts, 4))).toEqual({
      code: 'ERR_DISPOSED',
      message: 'this HeadGroup was disposed: make another one',
    });
  });

  test('refuses what is not a group, and rows that do not fit it', () => {
    using pairwise = createHead(specs.pairwise);
    using linear = createHead(specs.linear);
    const open = (ids: unknown, device: unknown = 'cpu') =>
      failureOf(() => new addon.HeadGroup(ids as number[], device as 'cpu'));
    expect(open([])).toEqual(invalid('head group: expected at least one member'));
    expect(open('1')).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    expect(open([1e9])).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    expect(open([linear.id], 'gpu')).toEqual(
      invalid("HeadGroup: device must be 'auto', 'cpu' or 'cuda', got 'gpu'"),
    );
    expect(open([linear.id, pairwise.id])).toEqual(
      invalid('head group: member 1: dimension: expected 3 values, got 2'),
    );
    const group = openHeadGroup([linear.id], 'cpu');
    expect(failureOf(() => group.score(f32(1, 2), 1))).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    expect(failureOf(() => group.score(f32(1, 2, Number.NaN), 1))).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });
});
