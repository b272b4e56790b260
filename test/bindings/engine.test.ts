import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeviceName, FeatureName, NativeEncoderOptions, PoolingName } from '../../bindings/addon.ts';
import { type Engine, openEngine } from '../../bindings/engine.ts';
import { loadAddon } from '../../bindings/load.ts';
import { nativePrecision } from '../support/native-precision.ts';
import { encoder, failureOf } from './support.ts';

const addon = loadAddon();
const question = 'How do I sort a list in Python?';
const invalid = (message: string) => ({ code: 'ERR_INVALID_ARGUMENT', message });
let engine: Engine;

beforeAll(() => {
  engine = openEngine(encoder);
});
afterAll(() => {
  engine.dispose();
});

describe('an engine', () => {
  test('tells its dimension, token limit, vocabulary and device', () => {
    const deviceReason = expect.stringMatching(/^there is no no-cuda-library; /);
    const facts = { dimension: 384, maxTokens: 64, vocabularySize: 30522 };
    expect({ ...engine }).toEqual({ ...facts, device: 'cpu', deviceReason });
  });

  test('embeds a text as the independent implementation of the same weights does', () => {
    const { embeddings, tokens } = engine.embed([question]);
    const golden = [0.0101461, 0.0553795, 0.0338322, -0.0143199, 0.0194383];
    for (const [index, value] of golden.entries())
      expect(embeddings[index]).toBeCloseTo(value, nativePrecision.digits);
    expect(embeddings).toHaveLength(384);
    expect(Math.hypot(...embeddings)).toBeCloseTo(1, 5);
    expect([...tokens]).toEqual([engine.tokenize(question, 64).length]);
  });

  test('answers texts in the order given, each as if alone', () => {
    const texts = [question, '', 'a', 'Explain the proof of the Pythagorean theorem in detail. '.repeat(30)];
    const together = engine.embed(texts);
    expect(together.embeddings).toHaveLength(4 * 384);
    expect(together.tokens[1]).toBe(2);
    expect(together.tokens[3]).toBe(64);
    for (const [index, text] of texts.entries()) {
      expect(engine.embed([text]).embeddings).toEqual(
        together.embeddings.slice(index * 384, (index + 1) * 384),
      );
    }
  });

  test('puts token means and surface features beside the embedding where asked, in that order', () => {
    using beside = openEngine({ ...encoder, features: ['embedding', 'tokens', 'surface'] });
    expect(beside.dimension).toBe(384 + 384 + 16);
    const texts = [question, '', 'Explain the proof of the Pythagorean theorem in detail. '.repeat(30)];
    const { embeddings } = beside.embed(texts);
    const alone = engine.embed(texts).embeddings;
    const surface = addon.surfaceFeatures(texts);
    for (const index of texts.keys()) {
      const row = embeddings.subarray(index * beside.dimension, (index + 1) * beside.dimension);
      expect(row.slice(0, 384)).toEqual(alone.slice(index * 384, (index + 1) * 384));
      expect(Math.hypot(...row.subarray(384, 768))).toBeCloseTo(1, 5);
      expect(row.slice(768)).toEqual(surface.slice(index * 16, (index + 1) * 16));
      expect(beside.embed(texts.slice(index, index + 1)).embeddings).toEqual(row);
    }
  });

  test('gives empty arrays for no texts', () => {
    const { embeddings, tokens } = engine.embed([]);
    expect(embeddings).toEqual(new Float32Array(0));
    expect(tokens).toEqual(new Int32Array(0));
  });

  test('returns arrays that no later call changes', () => {
    const first = engine.embed([question]).embeddings;
    const copy = Float32Array.from(first);
    engine.embed(['something else entirely']);
    expect(first).toEqual(copy);
  });

  test('reads lone surrogates as U+FFFD', () => {
    expect(engine.tokenize('a \ud83d b \udc00 c', 64)).toEqual(engine.tokenize('a \ufffd b \ufffd c', 64));
    expect(engine.embed(['\ud83d']).embeddings).toEqual(engine.embed(['\ufffd']).embeddings);
  });

  test('reads past NUL characters', () => {
    expect(engine.tokenize('list\0 python', 64)).toEqual(engine.tokenize('list python', 64));
    expect(engine.countTokens('\0\0\0 python', 64)).toEqual({ tokens: 1, bytesRead: 10, bytes: 10 });
  });

  test('counts tokens up to a limit, and the bytes they cover', () => {
    expect(engine.countTokens('one two three', 100)).toEqual({ tokens: 3, bytesRead: 13, bytes: 13 });
    const text = 'word '.repeat(100_000);
    const counted = engine.countTokens(text, 10);
    expect(counted.bytes).toBe(500_000);
    expect(counted.tokens).toBeGreaterThanOrEqual(10);
    expect(counted.bytesRead).toBeLessThan(1000);
  });

  test('gives the ids of the vocabulary, special tokens included, within the limit', () => {
    expect([...engine.tokenize('hello world', 64)]).toEqual([101, 7592, 2088, 102]);
    expect([...engine.tokenize('hello world', 3)]).toEqual([101, 7592, 102]);
  });
});

describe('an engine refuses', () => {
  test.each([
    [undefined, 'undefined'],
    [question, 'a string'],
    [{ length: 1, 0: 'a' }, 'an object'],
    [new Proxy(['a'], {}), 'an object'],
    [new Float32Array(1), 'a Float32Array'],
  ])('texts that are no array: case %#', (texts, shown) => {
    expect(failureOf(() => engine.embed(texts as string[]))).toEqual(
      invalid(`Engine.embed: texts must be an array of strings, got ${shown}`),
    );
  });

  test.each([
    [['a', 1], 1, '1'],
    [['a', 'b', null], 2, 'null'],
    [new Array(2 ** 32 - 1), 0, 'undefined'],
    [[Object('a')], 0, 'an object'],
    [[Symbol('a')], 0, 'a symbol'],
  ])('an entry that is no string, with its index: case %#', (texts, index, shown) => {
    expect(failureOf(() => engine.embed(texts as string[]))).toEqual(
      invalid(`Engine.embed: texts[${index}] must be a string, got ${shown}`),
    );
  });

  test('sizes and texts of the wrong type', () => {
    expect(failureOf(() => engine.tokenize(7 as unknown as string, 8))).toEqual(
      invalid('Engine.tokenize: text must be a string, got 7'),
    );
    expect(failureOf(() => engine.tokenize('a', -1))).toEqual(
      invalid('Engine.tokenize: maxTokens must be a whole number from 0 to 2^53 - 1, got -1'),
    );
    expect(failureOf(() => engine.countTokens('a', Number.NaN))).toEqual(
      invalid('Engine.countTokens: limit must be a whole number from 0 to 2^53 - 1, got NaN'),
    );
    expect(failureOf(() => engine.tokenize('a', 1)).code).toBe('ERR_INVALID_ARGUMENT');
  });

  test.each([
    [{ maxTokens: Number.NaN }, 'Engine: maxTokens must be a whole number from 0 to 2^53 - 1, got NaN'],
    [{ pooling: 'max' as PoolingName }, "Engine: pooling must be 'mean' or 'cls', got 'max'"],
    [{ normalize: 1 as unknown as boolean }, 'Engine: normalize must be a boolean, got 1'],
    [{ weights: '' }, 'Engine: weights must be a path, got an empty string'],
    [
      { config: `${encoder.config}\0.txt` },
      'Engine: config must be a path, got a string with a NUL character',
    ],
    [{ tokenizer: null as unknown as string }, 'Engine: tokenizer must be a string, got null'],
    [
      { features: ['embedding', 'words'] as FeatureName[] },
      "Engine: features[1] must be 'embedding', 'tokens' or 'surface', got 'words'",
    ],
    [
      { features: 'tokens' as unknown as FeatureName[] },
      'Engine: features must be an array of strings, got a string',
    ],
    [
      { features: ['tokens', 'embedding'] as FeatureName[] },
      'features must begin with the embedding and name none twice; known: embedding, tokens, surface',
    ],
    [{ device: 'gpu' as DeviceName }, "Engine: device must be 'auto', 'cpu' or 'cuda', got 'gpu'"],
  ])('option %o', (change, message) => {
    expect(failureOf(() => openEngine({ ...encoder, ...change }))).toEqual(invalid(message));
  });

  test('a token limit the encoder has no positions for', () => {
    expect(failureOf(() => openEngine({ ...encoder, maxTokens: 100_000 })).code).toBe('ERR_INVALID_ARGUMENT');
    expect(failureOf(() => openEngine({ ...encoder, maxTokens: 0 })).code).toBe('ERR_INVALID_ARGUMENT');
  });

  test('unknown options, by name', () => {
    expect(failureOf(() => openEngine({ ...encoder, maxToken: 3 } as NativeEncoderOptions))).toEqual({
      code: 'ERR_UNKNOWN_OPTION',
      message:
        'unknown engine option "maxToken"; known: weights, tokenizer, config, pooling, normalize, maxTokens, view, features, device, contentHash',
    });
  });

  test('a GPU that is not there, with the reason', () => {
    expect(failureOf(() => openEngine({ ...encoder, device: 'cuda' }))).toEqual({
      code: 'ERR_DEVICE_UNAVAILABLE',
      message: expect.stringMatching(/^device "cuda" is not available: there is no no-cuda-library; /),
    });
  });

  test('files that are missing or of another kind', () => {
    expect(failureOf(() => openEngine({ ...encoder, weights: '/nowhere/model' })).code).toBe(
      'ERR_FILE_NOT_FOUND',
    );
    expect(failureOf(() => openEngine({ ...encoder, weights: encoder.config })).code).toBe(
      'ERR_CORRUPT_FILE',
    );
    expect(failureOf(() => openEngine({ ...encoder, config: encoder.weights })).code).toBe(
      'ERR_CORRUPT_FILE',
    );
    expect(addon.info().sharedEncoders).toBe(1);
  });

  test('being called without new', () => {
    const call = addon.Engine as unknown as (options: NativeEncoderOptions) => unknown;
    expect(failureOf(() => call(encoder))).toEqual(invalid('Engine is a class: call it with new'));
  });
});

describe('a disposed engine', () => {
  const gone = { code: 'ERR_DISPOSED', message: 'this Engine was disposed: open another one' };

  test('throws ERR_DISPOSED from every call but dispose', () => {
    const other = openEngine(encoder);
    other.dispose();
    other.dispose();
    expect(failureOf(() => other.embed([question]))).toEqual(gone);
    expect(failureOf(() => other.embed([]))).toEqual(gone);
    expect(failureOf(() => other.tokenize(question, 8))).toEqual(gone);
    expect(failureOf(() => other.countTokens(question, 8))).toEqual(gone);
    expect(other.dimension).toBe(384);
    expect(engine.embed([question]).tokens).toHaveLength(1);
  });

  test('is what `using` leaves behind', () => {
    let kept: Engine | undefined;
    {
      using other = openEngine(encoder);
      kept = other;
      expect(other.embed(['a']).tokens).toHaveLength(1);
    }
    expect(failureOf(() => kept?.embed(['a']))).toEqual(gone);
  });

  test('may be disposed by a getter in the middle of its own call', () => {
    const other = openEngine(encoder);
    const texts: string[] = ['a'];
    Object.defineProperty(texts, 1, {
      enumerable: true,
      get() {
        other.dispose();
        return 'b';
      },
    });
    expect(failureOf(() => other.embed(texts))).toEqual(gone);
  });
});

describe('JavaScript tricks', () => {
  test('an exception of a getter reaches the caller unchanged', () => {
    const thrown = new RangeError('mine');
    const options = {
      ...encoder,
      get pooling(): PoolingName {
        throw thrown;
      },
    };
    expect(() => new addon.Engine(options)).toThrow(thrown);
  });

  test('methods refuse receivers that are no engine', () => {
    const head = new addon.Head({ kind: 'constant', scores: new Float32Array([1]) });
    const native = new addon.Engine(encoder);
    for (const receiver of [{}, head, Object.create(native), addon.Engine.prototype, undefined, 1]) {
      expect(() => addon.Engine.prototype.embed.call(receiver as never, [])).toThrow();
      expect(() => addon.Engine.prototype.dispose.call(receiver as never)).toThrow();
    }
    expect(() => addon.Head.prototype.score.call(native as never, new Float32Array(1), 1)).toThrow();
    expect(native.embed([question]).tokens).toHaveLength(1);
    native.dispose();
    head.dispose();
  });

  test('a subclass, and an object built for another class, stay safe', () => {
    class Mine extends addon.Engine {}
    const mine = new Mine(encoder);
    expect(mine.embed(['a']).tokens).toHaveLength(1);
    mine.dispose();
    const mixed = Reflect.construct(addon.Engine, [encoder], addon.Head);
    expect(() => addon.Head.prototype.score.call(mixed, new Float32Array(384), 1)).toThrow();
    addon.Engine.prototype.dispose.call(mixed);
  });

  test('own properties cannot be written', () => {
    const native = new addon.Engine(encoder);
    expect(() => Object.assign(native, { dimension: 1 })).toThrow(TypeError);
    expect(native.dimension).toBe(384);
    native.dispose();
  });
});

describe('info', () => {
  test('tells what runs and what is shared', () => {
    const info = addon.info();
    expect(info.isaAvailable).toContain(info.isa);
    expect(info.isaAvailable.at(-1)).toBe('reference');
    expect(info.isaCompiled).toEqual(expect.arrayContaining([...info.isaAvailable]));
    expect(info.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(info.gpu).toMatchObject({ available: false, reason: expect.stringMatching(/^there is no /) });
    for (const text of [info.compiler, info.buildType, info.cpu]) expect(text).not.toBe('');
  });

  test('counts an encoder once however many engines use it', () => {
    const others = [openEngine(encoder), openEngine(encoder)];
    expect(addon.info().sharedEncoders).toBe(1);
    const longer = openEngine({ ...encoder, maxTokens: 128 });
    expect(addon.info().sharedEncoders).toBe(2);
    for (const other of [...others, longer]) other.dispose();
    expect(addon.info().sharedEncoders).toBe(1);
  });
});
