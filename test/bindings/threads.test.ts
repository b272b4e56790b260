import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { createHead } from '../../bindings/engine.ts';
import { loadAddon, loadedAddonPath } from '../../bindings/load.ts';
import { encoder, runProgram } from './support.ts';

const addon = loadAddon();
/** Every repeat hits another point of the call. Most ways into native code get few, the one that lanes take gets 20. */
const calls = [
  ['embed', 20],
  ['open', 5],
  ['fail', 5],
  ['gemm', 5],
] as const;
const cleanExit = { signal: null, stderr: '' };

describe('worker threads', () => {
  test('share one copy of the encoder and answer the same', async () => {
    const end = await runProgram('share', '4');
    expect(end).toMatchObject({ ...cleanExit, exitCode: 0 });
    const { embeddings, rssBytes, sharedEncoders } = JSON.parse(end.stdout);
    expect(sharedEncoders).toEqual([1, 1, 1, 1, 0]);
    for (const embedding of embeddings) expect(embedding).toEqual(embeddings[0]);
    // Encoder layers alone are 42 MB unpacked; a thread without them costs its JavaScript heap and its workspace.
    const perFurtherWorker = (rssBytes[4] - rssBytes[1]) / 3;
    expect(perFurtherWorker).toBeLessThan(30e6);
  });

  test('attach to a head of another thread by its id', async () => {
    using head = createHead({
      kind: 'linear',
      dimension: 2,
      weight: new Float32Array([0.5, 0.25]),
      bias: new Float32Array([0.125]),
    });
    const embedding = new Float32Array([0.5, 0.5]);
    const worker = new Worker(new URL('programs/worker.mjs', import.meta.url), {
      workerData: { job: 'attach', headId: head.id, embedding },
      env: { TEST_ADDON: loadedAddonPath(), TEST_ENCODER: JSON.stringify(encoder) },
    });
    const message = await new Promise((resolve, reject) =>
      worker.once('message', resolve).once('error', reject),
    );
    expect(message).toEqual({ scores: [0.5] });
    await worker.terminate();
    expect(addon.info().sharedHeads).toBe(1);
    expect([...head.score(embedding, 1)]).toEqual([0.5]);
  });

  test('may load the addon several at once, though the main thread never does, and end without dispose', async () => {
    const end = await runProgram('load-in-workers', '4', '5');
    expect(end).toMatchObject({ ...cleanExit, exitCode: 0 });
    expect(JSON.parse(end.stdout)).toEqual(Array(20).fill(0));
  });

  test.each(calls)(
    'terminate cleanly in the middle of a call (%s, %i times)',
    async (job, repeats) => {
      const end = await runProgram('terminate', job, String(repeats));
      expect(end).toMatchObject({ ...cleanExit, exitCode: 0 });
      expect(JSON.parse(end.stdout)).toEqual({ exitCodes: Array(repeats).fill(1), sharedEncoders: 0 });
    },
    60_000,
  );

  test.each(calls)(
    'let process.exit() end them in the middle of a call (%s, %i times)',
    async (job, repeats) => {
      for (let repeat = 0; repeat < repeats; ++repeat) {
        const end = await runProgram('exit', job, String(repeat));
        expect(end).toEqual({ exitCode: 7, signal: null, stdout: '', stderr: '' });
      }
    },
    120_000,
  );
});
