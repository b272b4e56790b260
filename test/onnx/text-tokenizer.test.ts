import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer as RustTokenizer } from 'tokenizers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importPeer } from '../../lib/onnx/import-peer.ts';
import { openTextTokenizer } from '../../lib/onnx/text-tokenizer.ts';
import { temporaryFolder } from '../support/tiny-router.ts';

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
beforeAll(() => {
  folder = temporaryFolder();
  path = join(folder.path, 'tokenizer.json');
  writeFileSync(path, JSON.stringify(byteLevelTokenizer()));
});
afterAll(() => folder.clean());

/** A byte-level BPE tokenizer like RoBERTa's, with the alphabet a-z, space and three merges. */
function byteLevelTokenizer(): object {
  const letters = Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => letter);
  const merges = ['t h', 'th e', 'Ġ the'];
  const tokens = [
    '<s>',
    '<pad>',
    '</s>',
    '<unk>',
    ...letters,
    'Ġ',
    ...merges.map((merge) => merge.replace(' ', '')),
  ];
  const special = ['<s>', '<pad>', '</s>', '<unk>'].map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special,
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: {
      type: 'RobertaProcessing',
      sep: ['</s>', 2],
      cls: ['<s>', 0],
      trim_offsets: true,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}

const texts = ['', 'the', 'the cat sat on the mat', 'the bathe lathe '.repeat(400), 'a'.repeat(5000)];

describe('a tokeniser that is not WordPiece', () => {
  it('gives the ids of the Rust reference, cut so that special tokens remain', async () => {
    const ours = await openTextTokenizer(path);
    const reference = RustTokenizer.fromFile(path);
    for (const text of texts) {
      const all = (await reference.encode(text)).getIds();
      for (const maxTokens of [3, 8, 64, 10_000]) {
        const expected = all.length <= maxTokens ? all : [...all.slice(0, maxTokens - 1), all.at(-1)];
        expect([...ours.encode(text, maxTokens)]).toEqual(expected);
      }
    }
  });

  it('counts tokens without special ones, and what they cover, without reading a long text whole', async () => {
    const tokenizer = await openTextTokenizer(path);
    expect(tokenizer.countTokens('the cat', 10)).toEqual({ tokens: 5, bytesRead: 7, bytes: 7 });
    const counted = tokenizer.countTokens('the cat '.repeat(100_000), 20);
    expect(counted.bytes).toBe(800_000);
    expect(counted.tokens).toBeGreaterThanOrEqual(20);
    expect(counted.bytesRead).toBeLessThan(1000);
  });

  it('refuses a limit with no room for text, and views that need WordPiece', async () => {
    const tokenizer = await openTextTokenizer(path);
    expect(() => tokenizer.encode('the', 2)).toThrow('maxTokens must be at least 3, got 2');
    expect(() => tokenizer.encode('the', 8, 'head-focus-tail')).toThrow(/needs a WordPiece tokeniser/);
  });

  it('that @huggingface/tokenizers does not know either is ERR_UNSUPPORTED', async () => {
    const odd = join(folder.path, 'odd.json');
    writeFileSync(odd, JSON.stringify({ ...byteLevelTokenizer(), pre_tokenizer: { type: 'Telepathy' } }));
    await expect(openTextTokenizer(odd)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
  });
});

it('an optional package that is not installed is ERR_PEER_MISSING, with what to install', async () => {
  const name = 'a-package-that-is-not-there';
  await expect(importPeer(name, () => import(name))).rejects.toMatchObject({
    code: 'ERR_PEER_MISSING',
    message: expect.stringMatching(
      /could not be loaded \(.*\): run "npm install a-package-that-is-not-there"/,
    ),
  });
});
