// Routers whose lanes encode with onnxruntime.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findEncoder } from '../../lib/artifact/encoder-files.ts';
import { Router } from '../../lib/index.ts';
import { Lanes } from '../../lib/pool/lanes.ts';
import { trainRouter } from '../../lib/train/index.ts';
import { readRealPrompts } from '../engine/real-prompts.ts';
import { writeTinyGraph } from '../onnx/tiny-graph.ts';
import { exportDefaultEncoder } from '../support/exported-encoder.ts';
import { nativePrecision } from '../support/native-precision.ts';
import { noSharedData, sharedData } from '../support/shared-data.ts';
import { temporaryFolder, writeTinyRouter } from '../support/tiny-router.ts';

let folder: ReturnType<typeof temporaryFolder>;
let exported: Awaited<ReturnType<typeof exportDefaultEncoder>>;
let path: string;
beforeAll(async () => {
  folder = temporaryFolder();
  path = join(folder.path, 'router');
  await writeTinyRouter(path);
  exported = await exportDefaultEncoder();
});
afterAll(() => {
  folder.clean();
  exported.clean();
});

const noLimit = { deadlineMs: Number.POSITIVE_INFINITY };
const prompts = ['What is 2 + 2?', 'Prove that e is irrational.', 'word '.repeat(300), 'x'];

async function qualitiesOf(texts: readonly string[], options: Parameters<typeof Router.load>[1]) {
  await using router = await Router.load(path, options);
  const decisions = await router.routeMany(texts, noLimit);
  return decisions.map((decision) => {
    if (decision.kind !== 'routed') throw new Error(`expected a routed decision, got ${decision.kind}`);
    return { model: decision.model, qualities: decision.candidates.map(({ quality }) => quality) };
  });
}

describe('a router on the back end onnx', () => {
  it('predicts what it predicts on native weights, on one lane and on two', async () => {
    const native = await qualitiesOf(prompts, { lanes: 1 });
    for (const lanes of [1, 2]) {
      const onnx = await qualitiesOf(prompts, { encoder: exported.folder, lanes });
      for (const [index, { qualities }] of native.entries()) {
        for (const [model, quality] of qualities.entries()) {
          expect(onnx[index]?.qualities[model]).toBeCloseTo(quality, nativePrecision.digits - 1);
        }
      }
    }
  });

  it.skipIf(sharedData === null)(
    `decides alike on 200 real prompts (${noSharedData})`,
    async () => {
      const real = readRealPrompts(sharedData ?? '', 200);
      const native = await qualitiesOf(real, {});
      const onnx = await qualitiesOf(real, { encoder: exported.folder });
      const other = native.filter(({ model }, index) => onnx[index]?.model !== model).length;
      // Between bf16 and float32, a prompt whose two best models are as good as equal may go to the other.
      expect(other).toBeLessThanOrEqual(nativePrecision.cosine > 0.9999 ? 0 : 4);
    },
    120_000,
  );

  // Not while onnxruntime computes: a thread that ends within its run() takes the process with it, whoever started it.
  it('replaces a lane that dies between two requests', async () => {
    const workers: Worker[] = [];
    const remember = (worker: Worker) => workers.push(worker);
    process.on('worker', remember);
    await using router = await Router.load(path, { encoder: exported.folder, lanes: 1, ...noLimit });
    expect(await router.route('the first prompt')).toMatchObject({ kind: 'routed' });
    await workers[0]?.terminate();
    expect(await router.route('the next prompt')).toMatchObject({ kind: 'routed' });
    expect(workers).toHaveLength(2);
    process.off('worker', remember);
  });

  it('ends all its lanes where none of them can open the encoder, and the process goes on', async () => {
    const { folder: broken, clean } = await exportDefaultEncoder();
    writeTinyGraph(join(broken, 'onnx', 'model.onnx'));
    const encoder = await findEncoder(broken, 128);
    for (let repeat = 0; repeat < 5; ++repeat) {
      const start = Lanes.start({ encoder: { ...encoder.options, features: ['tokens'] }, headId: null }, 4);
      await expect(start).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
    }
    clean();
  });

  it('refuses an int8 export of the encoder it was trained on: its embeddings are others', async () => {
    const int8 = await exportDefaultEncoder({ precision: 'int8' });
    await expect(Router.load(path, { encoder: int8.folder })).rejects.toMatchObject({
      code: 'ERR_ENCODER_MISMATCH',
    });
    int8.clean();
  });

  it('refuses an encoder folder without an ONNX file, and says how to make one', async () => {
    await expect(Router.load(path, { backend: 'onnx' })).rejects.toMatchObject({
      code: 'ERR_FILE_NOT_FOUND',
      message: expect.stringMatching(/holds no onnx\/model\.onnx .*"pointsman export --onnx" writes one/),
    });
  });

  it('can be trained on an ONNX encoder and used with it', async () => {
    const data = join(folder.path, 'scores.csv');
    const rows = Array.from(
      { length: 60 },
      (_, i) => `Question ${i} of ${i % 7},${i % 2},${(i + 1) % 2},0.001,0.002`,
    );
    writeFileSync(data, `prompt,odd,even,cost:odd,cost:even\n${rows.join('\n')}\n`);
    const out = join(folder.path, 'trained');
    const { folder: encoder, clean } = await exportDefaultEncoder({ precision: 'int8' });
    await trainRouter({ data: [data], out, estimator: 'ridge', encoder, cache: false });
    await using router = await Router.load(out, { encoder, lanes: 1 });
    expect(await router.route('Question 3', noLimit)).toMatchObject({ kind: 'routed' });
    clean();
  });
});
