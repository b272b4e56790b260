import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEngine } from '../../bindings/engine.ts';
import { loadAddon } from '../../bindings/load.ts';
import { openTokenizer, type Tokenizer } from '../../bindings/tokenizer.ts';
import { encoder, failureOf } from './support.ts';

let tokenizer: Tokenizer;
beforeAll(() => {
  tokenizer = openTokenizer(encoder.tokenizer);
});
afterAll(() => tokenizer.dispose());

test('a tokenizer tells its vocabulary and how many special tokens it adds', () => {
  expect({ ...tokenizer }).toEqual({ vocabularySize: 30522, specialTokens: 2 });
});

test('a tokenizer gives the ids and counts that the engine gives', () => {
  using engine = openEngine(encoder);
  for (const text of ['', 'hello world', 'Grüße aus 東京 👋', 'word '.repeat(1000)]) {
    expect(tokenizer.encode(text, 64)).toEqual(engine.tokenize(text, 64));
    expect(tokenizer.countTokens(text, 100)).toEqual(engine.countTokens(text, 100));
  }
});

test('a disposed tokenizer answers ERR_DISPOSED, and disposing twice is fine', () => {
  const other = openTokenizer(encoder.tokenizer);
  other.dispose();
  other.dispose();
  const disposed = { code: 'ERR_DISPOSED', message: 'this Tokenizer was disposed: open another one' };
  expect(failureOf(() => other.encode('a', 8))).toEqual(disposed);
  expect(failureOf(() => other.countTokens('a', 8))).toEqual(disposed);
});

test('wrong arguments are refused by name', () => {
  const { Tokenizer } = loadAddon();
  const invalid = (message: string) => ({ code: 'ERR_INVALID_ARGUMENT', message });
  expect(failureOf(() => (Tokenizer as unknown as () => void)())).toEqual(
    invalid('Tokenizer is a class: call it with new'),
  );
  expect(failureOf(() => new Tokenizer(7 as unknown as string))).toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
  });
  expect(failureOf(() => new Tokenizer('/no/such/tokenizer.json'))).toMatchObject({
    code: 'ERR_FILE_NOT_FOUND',
  });
  expect(failureOf(() => tokenizer.encode('a', 1))).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  expect(failureOf(() => tokenizer.encode(5 as unknown as string, 8))).toEqual(
    invalid('Tokenizer.encode: text must be a string, got 5'),
  );
});
