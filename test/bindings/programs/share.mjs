// Opens the encoder in worker after worker and prints what that costs. Argument: workers.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { addon } from './setup.mjs';

const workers = [];
const embeddings = [];
const rssBytes = [process.memoryUsage.rss()];
const sharedEncoders = [];
for (let index = 0; index < Number(process.argv[2]); ++index) {
  const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData: { job: 'hold' } });
  const [{ embedding }] = await once(worker, 'message');
  workers.push(worker);
  embeddings.push(embedding);
  rssBytes.push(process.memoryUsage.rss());
  sharedEncoders.push(addon.info().sharedEncoders);
}
for (const worker of workers) worker.postMessage('end');
await Promise.all(workers.map((worker) => once(worker, 'exit')));
sharedEncoders.push(addon.info().sharedEncoders);
console.log(JSON.stringify({ embeddings, rssBytes, sharedEncoders }));
