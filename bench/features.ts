import type { FeatureName } from '../bindings/addon.ts';
import { type Engine, openEngine } from '../bindings/engine.ts';
import { surfaceFeatures, surfaceWidth } from '../bindings/surface-features.ts';
import { openTokenizer } from '../bindings/tokenizer.ts';
import { findNativeEncoder } from '../lib/artifact/encoder-files.ts';
import type { Bench, BenchCase, CaseGroup } from './harness.ts';
import { readBenchPrompts } from './prompts.ts';

const promptCount = 512;
const maxTokens = 128;

const asked: readonly (readonly FeatureName[])[] = [
  ['embedding'],
  ['embedding', 'tokens'],
  ['embedding', 'tokens', 'surface'],
];

/** What the features beside the embedding cost. */
export const featuresBench: Bench = {
  name: 'features',
  description: 'token means beside a pass of 128 tokens, surface features beside tokenising',
  async *groups({ data }) {
    const { texts, origin } = await readBenchPrompts(data, promptCount);
    yield* onePass(texts);
    yield await surface(texts, origin);
  },
};

/** One prompt that fills the limit, under each list of features. */
async function* onePass(texts: readonly string[]): AsyncGenerator<CaseGroup> {
  const { kind: _, ...options } = (await findNativeEncoder(null, maxTokens)).options;
  const engines = asked.map((features) => openEngine({ ...options, features }));
  try {
    const [plain] = engines;
    const text = texts.find((candidate) => plain?.embed([candidate]).tokens[0] === maxTokens);
    if (plain === undefined || text === undefined) throw new Error(`no prompt has ${maxTokens} tokens`);
    yield {
      title: `one prompt of ${Buffer.byteLength(text)} bytes, ${maxTokens} tokens of it, one thread`,
      cases: engines.map((engine, index) => passCase(engine, plain, asked[index] ?? [], text)),
      notes: ['the embedding is the same bit for bit in all'],
    };
  } finally {
    for (const engine of engines) engine.dispose();
  }
}

function passCase(engine: Engine, plain: Engine, features: readonly FeatureName[], text: string): BenchCase {
  const check = () => {
    const expected = plain.embed([text]).embeddings;
    const { embeddings } = engine.embed([text]);
    const differs = expected.some((value, index) => value !== embeddings[index]);
    if (differs || embeddings.length !== engine.dimension) throw new Error('the embedding is another');
  };
  return {
    name: features.join(', '),
    run: () => engine.embed([text]),
    check,
    work: { amount: maxTokens, unit: 'tokens' },
  };
}

/** Whole prompts, beside tokenising as much of them as routers read by default. */
async function surface(texts: readonly string[], origin: string): Promise<CaseGroup> {
  const limit = 256;
  const { options } = await findNativeEncoder(null, limit);
  const tokenizer = openTokenizer(options.tokenizer);
  const work = { amount: texts.length, unit: 'prompts' };
  const check = () => {
    const all = surfaceFeatures(texts);
    for (const [index, text] of texts.entries()) {
      const alone = surfaceFeatures([text]);
      if (alone.some((value, at) => value !== all[index * surfaceWidth + at]))
        throw new Error(`text ${index}`);
    }
  };
  const bytes = texts.reduce((total, text) => total + Buffer.byteLength(text), 0);
  return {
    title: `${texts.length} prompts of ${Math.round(bytes / texts.length)} bytes on average, one thread`,
    cases: [
      { name: 'surface features of the whole', run: () => surfaceFeatures(texts), check, work },
      {
        name: `token ids, ${limit} at most`,
        run: () => texts.map((text) => tokenizer.encode(text, limit)),
        work,
      },
    ],
    notes: [`${origin}; both take strings of JavaScript`],
  };
}
