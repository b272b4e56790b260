// A worker thread; workerData.job says what it does.
import { parentPort, workerData } from 'node:worker_threads';
import { addon, encoder, question } from './setup.mjs';

const jobs = {
  /** Opens an engine, answers, and keeps it until told to end. */
  hold() {
    const engine = new addon.Engine(encoder);
    const { embeddings } = engine.embed([question]);
    parentPort.postMessage({ embedding: [...embeddings] });
    parentPort.once('message', () => {
      engine.dispose();
      parentPort.close();
    });
  },
  /** Scores by a head of another thread, ends without dispose. */
  attach() {
    const group = new addon.HeadGroup([workerData.headId], 'cpu');
    parentPort.postMessage({ scores: [...group.score(workerData.embedding, 1)[0]] });
  },
  /** Is inside embed() from the first message on, for ever. */
  embed() {
    const engine = new addon.Engine(encoder);
    const texts = Array.from({ length: 64 }, (_, index) => `${question} ${index}`);
    parentPort.postMessage('busy');
    for (;;) engine.embed(texts);
  },
  /** Is inside a constructor from the first message on, for ever. */
  open() {
    parentPort.postMessage('busy');
    for (;;) new addon.Engine(encoder).dispose();
  },
  /** Makes errors, for ever: the boundary's other way out. */
  fail() {
    const engine = new addon.Engine(encoder);
    const texts = [...Array.from({ length: 100_000 }, () => 'text'), 1];
    parentPort.postMessage('busy');
    for (;;) {
      try {
        engine.embed(texts);
      } catch {}
    }
  },
  /** Is inside a kernel from the first message on, for ever. */
  gemm() {
    const size = 256;
    const [a, b, c] = [0, 1, 2].map(() => new Float32Array(size * size).fill(0.5));
    parentPort.postMessage('busy');
    for (;;) addon.kernels.gemm(false, true, size, size, size, a, b, c, false);
  },
  /** Leaves its engine and head to the thread's end. */
  abandon() {
    new addon.Engine(encoder).embed([question]);
    new addon.Head({ kind: 'constant', scores: new Float32Array([0.5]) });
    parentPort.postMessage('done');
  },
};

jobs[workerData.job]();
