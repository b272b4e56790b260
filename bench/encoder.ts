import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, openEngine } from '../bindings/engine.ts';
import { findEncoder, findNativeEncoder } from '../lib/artifact/encoder-files.ts';
import { exportOnnx } from '../lib/onnx/export-encoder.ts';
import { candleContender } from './encoders/candle.ts';
import { agreeingGroup, type Contender, type Precision } from './encoders/contender.ts';
import { onnxRuntimeContender } from './encoders/onnxruntime.ts';
import { engineContender, lanesContender } from './encoders/pointsman.ts';
import { installPeers, transformersContenders, transformersSkipped } from './encoders/transformers.ts';
import type { Bench, CaseGroup } from './harness.ts';
import { type BenchPrompts, readBenchPrompts } from './prompts.ts';

const lengths = [16, 64, 128, 256, 512];
const precisions: readonly Precision[] = ['fp32', 'int8'];
const promptCount = 64;
const promptTokens = 256;
/** candle in WebAssembly takes some 1.5 ms a token: more than this would take most of the bench. */
const candleTokens = 128;
const candlePrompts = 8;

/** Encoder time against onnxruntime, transformers.js and candle on the same weights. */
export const encoderBench: Bench = {
  name: 'encoder',
  description: 'single texts of 16 to 512 tokens and batches of real prompts, one and two threads',
  async *groups({ data, peers }) {
    if (peers) installPeers();
    const folder = mkdtempSync(join(tmpdir(), 'pointsman-bench-'));
    try {
      await writeExports(folder);
      for (const tokens of lengths) yield* oneText(folder, tokens);
      const prompts = await readBenchPrompts(data, promptCount);
      yield* manyTexts(folder, prompts);
      yield* manyTextsOnTwoThreads(folder, prompts);
      yield* besideCandle(prompts);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function* oneText(folder: string, tokens: number): AsyncGenerator<CaseGroup> {
  using engine = await openDefaultEngine(tokens);
  const text = textOfTokens(tokens);
  const ids = engine.tokenize(text, tokens);
  if (ids.length !== tokens) throw new Error(`the text of ${tokens} tokens has ${ids.length}`);
  yield* agreeingGroup({
    title: `one text of ${tokens} tokens`,
    work: { amount: tokens, unit: 'tokens' },
    contenders: [
      engineContender(engine, [text]),
      ...(await onnxContenders(folder, [ids], 1)),
      ...(await onnxContenders(folder, [ids], 2)),
      ...(await transformersAll(folder, [text], tokens, 1)),
      ...(tokens <= candleTokens ? [await candleContender([text], tokens)] : []),
    ],
    skipped: transformersSkipped(),
  });
}

async function* manyTexts(folder: string, { texts, origin }: BenchPrompts): AsyncGenerator<CaseGroup> {
  using engine = await openDefaultEngine(promptTokens);
  const sequences = texts.map((text) => engine.tokenize(text, promptTokens));
  yield* agreeingGroup({
    title: `${texts.length} prompts, at most ${promptTokens} tokens of each, one thread`,
    work: { amount: totalTokens(sequences), unit: 'tokens' },
    contenders: [
      engineContender(engine, texts),
      ...(await onnxContenders(folder, sequences, 1)),
      ...(await transformersAll(folder, texts, promptTokens, 1)),
    ],
    skipped: transformersSkipped(),
    notes: [origin],
  });
}

async function* manyTextsOnTwoThreads(
  folder: string,
  { texts, origin }: BenchPrompts,
): AsyncGenerator<CaseGroup> {
  using engine = await openDefaultEngine(promptTokens);
  const sequences = texts.map((text) => engine.tokenize(text, promptTokens));
  const native = await findNativeEncoder(null, promptTokens);
  const lanes: Contender[] = [
    await lanesContender(texts, native, { name: 'pointsman, 2 lanes', precision: 'fp32', lanes: 2 }),
  ];
  for (const precision of precisions) {
    const files = await findEncoder(exportFolder(folder, precision, 'int32'), promptTokens);
    const name = `pointsman's back end onnx ${precision}, 2 lanes`;
    lanes.push(await lanesContender(texts, files, { name, precision, lanes: 2 }));
  }
  yield* agreeingGroup({
    title: `${texts.length} prompts, at most ${promptTokens} tokens of each, two threads`,
    work: { amount: totalTokens(sequences), unit: 'tokens' },
    contenders: [
      ...lanes,
      ...(await onnxContenders(folder, sequences, 2)),
      ...(await transformersAll(folder, texts, promptTokens, 2)),
    ],
    skipped: transformersSkipped(),
    notes: [origin],
  });
}

async function* besideCandle({ texts, origin }: BenchPrompts): AsyncGenerator<CaseGroup> {
  using engine = await openDefaultEngine(candleTokens);
  const few = texts.slice(0, candlePrompts);
  const sequences = few.map((text) => engine.tokenize(text, candleTokens));
  yield* agreeingGroup({
    title: `${few.length} prompts, at most ${candleTokens} tokens of each, one thread`,
    work: { amount: totalTokens(sequences), unit: 'tokens' },
    contenders: [engineContender(engine, few), await candleContender(few, candleTokens)],
    notes: [origin],
  });
}

/** onnxruntime in every precision. */
async function onnxContenders(
  folder: string,
  sequences: readonly Int32Array[],
  threads: number,
): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const precision of precisions) {
    const { options } = await findEncoder(exportFolder(folder, precision, 'int32'), promptTokens, 'onnx');
    if (options.kind !== 'onnx') throw new Error(`${folder} holds no ONNX file`);
    contenders.push(await onnxRuntimeContender(sequences, { model: options.model, precision, threads }));
  }
  return contenders;
}

async function transformersAll(
  folder: string,
  texts: readonly string[],
  maxTokens: number,
  threads: number,
): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const precision of precisions) {
    const options = { folder: exportFolder(folder, precision, 'int64'), precision, threads, maxTokens };
    contenders.push(...(await transformersContenders(texts, options)));
  }
  return contenders;
}

/** Every precision, with int32 inputs, which suit onnxruntime best, and int64 ones, which transformers.js feeds. */
async function writeExports(folder: string): Promise<void> {
  for (const precision of precisions) {
    for (const inputs of ['int32', 'int64'] as const) {
      await exportOnnx({ out: exportFolder(folder, precision, inputs), precision, inputs });
    }
  }
}

function exportFolder(folder: string, precision: Precision, inputs: 'int32' | 'int64'): string {
  return join(folder, `${precision}-${inputs}`);
}

async function openDefaultEngine(maxTokens: number): Promise<Engine> {
  const { kind: _, ...options } = (await findNativeEncoder(null, maxTokens)).options;
  return openEngine(options);
}

function totalTokens(sequences: readonly Int32Array[]): number {
  return sequences.reduce((total, { length }) => total + length, 0);
}

/** A text of exactly `length` tokens, the two special ones included: each of these words is one token. */
function textOfTokens(length: number): string {
  const words = ['route', 'every', 'prompt', 'to', 'the', 'model', 'that', 'answers', 'it', 'well'];
  return Array.from({ length: length - 2 }, (_, index) => words[index % words.length]).join(' ');
}
