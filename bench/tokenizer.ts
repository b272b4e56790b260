import { readFileSync } from 'node:fs';
import { Tokenizer as JsTokenizer } from '@huggingface/tokenizers';
import { Tokenizer as RustTokenizer } from 'tokenizers';
import { openTokenizer, type Tokenizer } from '../bindings/tokenizer.ts';
import { findNativeEncoder } from '../lib/artifact/encoder-files.ts';
import type { Bench, BenchCase, CaseGroup } from './harness.ts';
import { readBenchPrompts } from './prompts.ts';

const promptCount = 512;
/** The default limit of a router's encoder; beyond the longest prompt. */
const limits = [256, 1_000_000] as const;

type Encode = (texts: readonly string[]) => (readonly number[] | Int32Array)[];

/** Tokenising on one thread, special tokens included, ids as JavaScript sees them. */
export const tokenizerBench: Bench = {
  name: 'tokenizer',
  description: 'text to token ids, against tokenizers (Rust) and @huggingface/tokenizers (JavaScript)',
  async *groups({ data }) {
    // Read when the first batch is encoded: more threads than one would not be a comparison.
    process.env.TOKENIZERS_PARALLELISM = 'false';
    process.env.RAYON_NUM_THREADS = '1';
    const { options } = await findNativeEncoder(null, limits[0]);
    const { texts, origin } = await readBenchPrompts(data, promptCount);
    using ours = openTokenizer(options.tokenizer);
    for (const limit of limits) yield await compare(ours, options.tokenizer, { texts, origin, limit });
  },
};

interface Input {
  readonly texts: readonly string[];
  readonly origin: string;
  readonly limit: number;
}

async function compare(ours: Tokenizer, file: string, { texts, origin, limit }: Input): Promise<CaseGroup> {
  const rust = openRust(file, limit);
  const javascript = openJavascript(file);
  const expected = await rust(texts);
  const tokens = expected.reduce((sum, ids) => sum + ids.length, 0);
  const work = { amount: tokens, unit: 'tokens' };
  const encodeOurs: Encode = (all) => all.map((text) => ours.encode(text, limit));
  const encodeJavascript: Encode = (all) => all.map((text) => truncate(javascript.encode(text).ids, limit));
  const differing = countDifferences(encodeJavascript(texts), expected);
  const cases: BenchCase[] = [
    {
      name: 'pointsman',
      run: () => encodeOurs(texts),
      check: () => {
        const wrong = countDifferences(encodeOurs(texts), expected);
        if (wrong > 0) throw new Error(`${wrong} of ${texts.length} texts differ from tokenizers (Rust)`);
      },
      work,
    },
    { name: 'tokenizers (Rust)', run: () => rust(texts), work },
    { name: '@huggingface/tokenizers (JavaScript)', run: () => encodeJavascript(texts), work },
  ];
  return {
    title: `${texts.length} texts, ${limit === limits[0] ? `at most ${limit} tokens each` : 'whole'}, one thread`,
    cases,
    notes: [
      `${origin}; ${tokens} tokens, special ones included; ids end up in arrays of JavaScript`,
      'tokenizers (Rust) gets all texts in one encodeBatch, its thread pool switched off',
      'ids are those of tokenizers (Rust) for every text in pointsman, ' +
        `for all but ${differing} in @huggingface/tokenizers`,
    ],
  };
}

/** The tokenizer.json states truncation and padding of its own; ours are the limit and none. */
function openRust(file: string, limit: number): (texts: readonly string[]) => Promise<number[][]> {
  const tokenizer = RustTokenizer.fromFile(file);
  tokenizer.disablePadding();
  tokenizer.setTruncation(limit);
  return async (texts) => (await tokenizer.encodeBatch([...texts])).map((encoding) => encoding.getIds());
}

function openJavascript(file: string): JsTokenizer {
  return new JsTokenizer(JSON.parse(readFileSync(file, 'utf8')), {});
}

/** It has no truncation: it reads the whole text, whose last token is the closing special one. */
function truncate(ids: readonly number[], limit: number): readonly number[] {
  return ids.length <= limit ? ids : [...ids.slice(0, limit - 1), ...ids.slice(-1)];
}

function countDifferences(
  actual: readonly ArrayLike<number>[],
  expected: readonly ArrayLike<number>[],
): number {
  return expected.filter((ids, index) => !equal(ids, actual[index] ?? [])).length;
}

function equal(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
