// Calls process.exit(7) while two workers are in mid-call. Arguments: job, milliseconds from their start to the exit.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { addon, encoder, question } from './setup.mjs';

const [, , job, delayMs] = process.argv;
const engine = new addon.Engine(encoder);
engine.embed([question]);
const workers = [0, 1].map(() => new Worker(new URL('worker.mjs', import.meta.url), { workerData: { job } }));
await Promise.all(workers.map((worker) => once(worker, 'message')));
// Blocks without running JavaScript: a hot loop here is compiled in the background, and Node 24's exit can wait for ever
// for a compiler thread that waits for a garbage collection (no addon involved).
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(delayMs));
process.exit(7);
