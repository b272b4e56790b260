import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NativeEngine } from '../../bindings/addon.ts';
import { loadAddon } from '../../bindings/load.ts';
import { encoder } from '../bindings/support.ts';
import { type AlphabetOptions, alphabetTokenizer } from './alphabet-tokenizer.ts';
import { fuzzedTexts } from './fuzzed-texts.ts';
import { differences, expectParity, openReference, referenceIds, unlimited } from './reference.ts';

const lastCodePoint = 0x2ffff;

function codePoints(): number[] {
  const all = Array.from({ length: lastCodePoint + 1 }, (_, codePoint) => codePoint);
  return all.filter((codePoint) => codePoint < 0xd800 || codePoint > 0xdfff);
}

/** `words` joined by spaces, this many to a text. */
function packed(words: readonly string[], perText: number): string[] {
  const texts: string[] = [];
  for (let i = 0; i < words.length; i += perText) texts.push(words.slice(i, i + perText).join(' '));
  return texts;
}

const hardStrings: readonly string[] = [
  ...['', ' ', '\n\t ', '.', 'a', 'Hello, World!', "I can't.", 'e.g. U.S.A. 1,000.50 C++ #1 @me a_b a-b'],
  ...['ΟΔΥΣΣΕΥΣ ΣΑΣ ΣΑΣ. Σ', 'İstanbul ISTANBUL ıI', 'STRASSE straße ẞ', 'Ǆ ǅ ǆ ﬁ ﬂ', 'ΆΈΉ άέή ΐ ᾳ ᾼ'],
  ...[
    '中文字符',
    '漢字kana混じり',
    '\u{20000}\u{2a6d6}a\u{2f800}b',
    '\u{2b820}\u{2ceb0}',
    '㐀䶿豈',
    '日本語テスト。「はい」',
  ],
  ...['한국어 문장', '\u1112\u1161\u11ab', '각간갇', '\ud7a3\uac00', 'ㄱㄴㄷ'],
  ...[
    'e\u0301 é',
    'a\u0323\u0307 a\u0307\u0323 ạ̇',
    'q\u0307\u0323\u0345\u0300',
    '\u0301a \u0301',
    'a\u0301'.repeat(200),
  ],
  ...[
    '\u1e9b\u0323',
    '\u212b \u2126 \u1fef \u037e \u0387 \u0340 \u0344',
    'क़ ড় ਲ਼',
    '\u0dda\u0ddd \u0bcb',
    '\u{1d15f}\u{1d165}',
  ],
  ...[
    'a\u{1e000}\u302eb',
    'a\u{1e000}\ufe0f\u302eb',
    'a\u{1e000}\u200d\u302eb',
    '\u{11442}\u{8d4}',
    '\u0f71\u0f72\u0f74',
  ],
  ...['👩‍👩‍👧‍👦 family', '🏳️‍🌈', '👍🏽', '1️⃣', '🇩🇪', '\u{1f468}\u200d\u{1f4bb}code'],
  ...[
    'שלום עולם',
    'שָׁלוֹם',
    'مرحبا بالعالم',
    'لَا إِلَٰهَ',
    '\u202eabc\u202c \u2066x\u2069',
    'हिन्दी में',
    'ภาษาไทย',
    'தமிழ்',
  ],
  ...[
    'a\u200bb\u200cc\u200dd\u2060e\ufefff',
    'soft\u00adhyphen',
    '\u180e\u034f\u115f\u3164',
    'a\u0000b\u0001c\u007fd\u0085e',
  ],
  ...['a\u00a0b\u1680c\u2003d\u2028e\u2029f\u202fg\u205fh\u3000i', 'a\u000bb\u000cc\u001cd\u001fe'],
  ...[
    'x'.repeat(100),
    'x'.repeat(101),
    'é'.repeat(100),
    'é'.repeat(101),
    'x'.repeat(100_000),
    `${'x'.repeat(101)}\u0301 y`,
  ],
  ...[
    '[CLS] [SEP] [MASK] [UNK] [PAD]',
    'a[SEP]b',
    '[sep] [ SEP ] [SEP',
    '[[SEP]]',
    '[SEP][SEP] [SEP]\u0301',
    '\u0301[MASK]\u0301',
  ],
  ...['\ud800', 'a\udc00b', '\ud83d \ude00', '\ude00\ud83d', 'x\ufffdy', '\uffff\ufffe\u{1ffff}'],
  ...[
    '##ing',
    'a ##b',
    '[unused1]',
    '\u0378\u{e0fff}\u{2fffe}',
    '\ue000\u{f0000}',
    '¿¡«»„“‚‘…—–‐',
    '$+<=>^`|~ €£¥₿ ×÷±',
  ],
];

const uncased = { clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true };

const alphabets: Readonly<Record<string, AlphabetOptions>> = {
  uncased: { normalizer: uncased, addedTokens: [], maxCharsPerWord: 100 },
  'cased with short words': {
    normalizer: { ...uncased, lowercase: false },
    addedTokens: [{ content: '[SEP]' }],
    maxCharsPerWord: 5,
  },
  'accent stripping only': {
    normalizer: { clean_text: false, handle_chinese_chars: false, strip_accents: true, lowercase: false },
    addedTokens: [{ content: '<x>', single_word: true, lstrip: true }],
    maxCharsPerWord: 100,
  },
  'without a normalizer': { normalizer: null, addedTokens: [{ content: '\u0301' }], maxCharsPerWord: 100 },
  'with added tokens of every kind': {
    normalizer: uncased,
    addedTokens: [
      { content: '[MASK]', lstrip: true, rstrip: true },
      { content: '[MASK' },
      { content: '<X>', normalized: true, single_word: true },
      { content: 'Hell', normalized: true },
      { content: '文', normalized: true },
      { content: 'e\u0301', single_word: true },
      { content: ' a', normalized: true },
    ],
    maxCharsPerWord: 100,
  },
};

describe('the tokenizer agrees with the npm package tokenizers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pointsman-tokenizer-'));
  const engines: NativeEngine[] = [];
  let engine: NativeEngine;

  function open(tokenizer: string): NativeEngine {
    const { Engine } = loadAddon();
    const opened = new Engine({ ...encoder, tokenizer, contentHash: tokenizer });
    engines.push(opened);
    return opened;
  }

  beforeAll(() => {
    engine = open(encoder.tokenizer);
  });

  afterAll(() => {
    for (const opened of engines) opened.dispose();
    rmSync(folder, { recursive: true });
  });

  it('on every code point of planes 0 to 2, alone and inside a word', async () => {
    const reference = openReference(encoder.tokenizer);
    const words = codePoints().flatMap((c) => [String.fromCodePoint(c), `a${String.fromCodePoint(c)}b`]);
    const suspects = await differences(engine, reference, packed(words, 512));
    const culprits = suspects.length === 0 ? [] : await differences(engine, reference, words);
    expect(culprits.slice(0, 20), `${culprits.length} words differ`).toEqual([]);
    expect(suspects).toEqual([]);
  });

  it('on strings that are known to be hard', async () => {
    await expectParity(engine, openReference(encoder.tokenizer), hardStrings);
  });

  it('on 5,000 texts of mixed scripts', async () => {
    await expectParity(engine, openReference(encoder.tokenizer), fuzzedTexts(1, 5000));
  });

  it.each(Object.entries(alphabets))('character by character, %s', async (name, options) => {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, alphabetTokenizer(options));
    const texts = [...hardStrings, ...fuzzedTexts(2, 2000)];
    await expectParity(open(file), openReference(file), texts);
  });

  it('under every token limit', async () => {
    const texts = fuzzedTexts(3, 300);
    const reference = openReference(encoder.tokenizer);
    for (const limit of [2, 3, 4, 7, 16, 33, 64, 128]) {
      reference.setTruncation(limit);
      const expected = await referenceIds(reference, texts);
      const ids = texts.map((text) => Array.from(engine.tokenize(text, limit)));
      expect(ids, `limit ${limit}`).toEqual(expected);
    }
  });

  it('on how many tokens a text has, and its first bytes have just those that were counted', () => {
    const decoder = new TextDecoder();
    for (const text of fuzzedTexts(4, 500)) {
      const bytes = new TextEncoder().encode(text);
      const tokens = engine.tokenize(text, unlimited).length - 2;
      expect(engine.countTokens(text, unlimited)).toEqual({
        tokens,
        bytesRead: bytes.length,
        bytes: bytes.length,
      });
      const part = engine.countTokens(text, 5);
      const covered = decoder.decode(bytes.subarray(0, part.bytesRead));
      expect(part.tokens).toBeGreaterThanOrEqual(Math.min(5, tokens));
      expect(engine.countTokens(covered, unlimited).tokens).toBe(part.tokens);
    }
  });
});
