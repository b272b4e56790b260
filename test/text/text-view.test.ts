import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { TextViewName } from '../../bindings/addon.ts';
import { type Engine, openEngine } from '../../bindings/engine.ts';
import { encoder, failureOf } from '../bindings/support.ts';
import { Random } from '../support/random.ts';
import { noSharedData, sharedData } from '../support/shared-data.ts';
import { openReference, unlimited } from './reference.ts';

const maxTokens = 256;
const open = (view: TextViewName) => openEngine({ ...encoder, maxTokens, view });
const byHead = open('head');
const byParts = open('head-focus-tail');
afterAll(() => {
  byHead.dispose();
  byParts.dispose();
});

/** Solved examples, more than 1,000 tokens of them. */
const examples = Array.from(
  { length: 64 },
  (_, i) =>
    `Question: A crate holds ${i + 2} apples and ${2 * i + 3} pears. How many fruits is that?\nAnswer: ${3 * i + 5}\n\n`,
).join('');
const document = Array.from(
  { length: 120 },
  (_, i) => `In section ${i} the committee heard report ${i * 7} and adjourned until the next morning. `,
).join('');
const rules = Array.from(
  { length: 80 },
  (_, i) => `Rule ${i}: answer in the language of the user and cite paragraph ${i * 3}.\n`,
).join('');

/** Both embeddings by one engine, and the tokens it read for each. */
function embedPair(engine: Engine, first: string, second: string) {
  const { embeddings, tokens } = engine.embed([first, second]);
  return { a: embeddings.subarray(0, engine.dimension), b: embeddings.subarray(engine.dimension), tokens };
}

describe('two long prompts that differ in the last question only', () => {
  const poem = 'Write a sad poem about the sea.';
  const proof = 'Prove that the square root of two is irrational.';
  const prompts: Readonly<Record<string, (question: string) => string>> = {
    'after few-shot examples': (question) => `${examples}Question: ${question}\nAnswer:`,
    'after few-shot examples without marks': (question) =>
      `${examples.replaceAll(/^\w+: /gm, '')}${question}\n`,
    'before a long document': (question) => `${rules}\n### Question:\n${question}\n\n${document}`,
    'in the last turn of a transcript, before a document': (question) =>
      `${rules}\nUser: Good morning.\nAssistant: Hello, how can I help?\nUser: ${question}\n${document}`,
    'in the last turn of a chat template': (question) =>
      `<|im_start|>system\n${rules}<|im_end|>\n<|im_start|>user\n${question}\n${document}<|im_end|>\n<|im_start|>assistant\n`,
  };
  it.each(Object.entries(prompts))('%s: head-focus-tail tells them apart', (_, prompt) => {
    expect(byHead.countTokens(prompt(poem), unlimited).tokens).toBeGreaterThan(1000);
    const { a, b, tokens } = embedPair(byParts, prompt(poem), prompt(proof));
    expect([...tokens]).toEqual([maxTokens, maxTokens]);
    const cosine = a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
    expect(cosine).toBeLessThan(0.999);
  });
  it.each(Object.entries(prompts))('%s: head does not', (_, prompt) => {
    const { a, b } = embedPair(byHead, prompt(poem), prompt(proof));
    expect(a).toEqual(b);
  });
});

it('a prompt within the token limit has the same embedding under both views, bit for bit', () => {
  const text = (words: number) => 'river '.repeat(words);
  for (const texts of [['Why?'], [text(maxTokens - 2)], ['a', text(100), text(maxTokens - 2)]]) {
    expect(byParts.embed(texts)).toEqual(byHead.embed(texts));
  }
  const full = `${text(maxTokens - 3)}lake `;
  expect(byParts.embed([full])).toEqual(byHead.embed([full]));
  expect(byParts.embed([`${full}river`]).embeddings).not.toEqual(byHead.embed([`${full}river`]).embeddings);
});

describe('the parts have the tokens that they have in the whole text', () => {
  const reference = openReference(encoder.tokenizer);
  const scripts: Readonly<Record<string, readonly string[]>> = {
    English: ['understanding', 'of', 'antidisestablishmentarianism,', '(see', '3.14)', "don't"],
    Chinese: ['\u4f60\u597d\uff0c', '\u4e16\u754c\u3002', '\u673a\u5668\u5b66\u4e60', '2024\u5e74'],
    Japanese: ['\u3053\u3093\u306b\u3061\u306f\u3001', '\u4e16\u754c', '\u30c6\u30b9\u30c8\u3002'],
    Korean: ['\uc548\ub155\ud558\uc138\uc694', '\uc138\uacc4', '\uae30\uacc4'],
    emoji: ['\u{1f600}', '\u{1f9d1}\u200d\u{1f33e}', 'ok', '\u{1f1e9}\u{1f1ea}', '\u2764\ufe0f!'],
    accents: ['\u00e9t\u00e9', 'na\u0131\u0308ve', 'e\u0301a', '\u1e69'],
  };
  it.each(Object.entries(scripts))('%s', async (name, words) => {
    const random = new Random(name.length);
    const gap = name === 'Chinese' || name === 'Japanese' ? '' : ' ';
    for (const limit of [8, 9, 64, maxTokens]) {
      const text = Array.from(
        { length: 600 + random.below(600) },
        () => words[random.below(words.length)],
      ).join(gap);
      const whole = (await reference.encode(text)).getIds().slice(1, -1);
      const ids = [...byParts.tokenize(text, limit, 'head-focus-tail')].slice(1, -1);
      const head = Math.floor((limit - 2) / 4);
      expect(whole.length).toBeGreaterThan(limit);
      expect(ids).toEqual([...whole.slice(0, head), ...whole.slice(head - (limit - 2))]);
    }
  });
});

it.skipIf(sharedData === null)(`real prompts that are not equal are not read alike (${noSharedData})`, () => {
  const path = join(sharedData ?? '', 'routerbench-subset', 'prompts.jsonl.gz');
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n');
  const prompts = new Set(lines.map((line): string => JSON.parse(line).prompt));
  const readings = (view: TextViewName) =>
    new Set([...prompts].map((prompt) => byHead.tokenize(prompt, maxTokens, view).join(' '))).size;
  expect(readings('head-focus-tail')).toBe(prompts.size);
  expect(readings('head')).toBeLessThan(prompts.size / 4);
});

it('an unknown view is refused', () => {
  const view = 'tail' as TextViewName;
  const message = (name: string) => `${name} must be 'head' or 'head-focus-tail', got 'tail'`;
  expect(failureOf(() => openEngine({ ...encoder, view }))).toEqual({
    code: 'ERR_INVALID_ARGUMENT',
    message: message('Engine: view'),
  });
  expect(failureOf(() => byHead.tokenize('a', 8, view)).message).toBe(message('Engine.tokenize: view'));
});
