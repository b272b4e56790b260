// Terminates workers in mid-call. Arguments: job, repeats. Prints the exit codes and the encoders left open.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { addon } from './setup.mjs';

const [, , job, repeats] = process.argv;
const exitCodes = [];
for (let repeat = 0; repeat < Number(repeats); ++repeat) {
  const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData: { job } });
  await once(worker, 'message');
  // A different point of the call each time.
  const until = performance.now() + repeat;
  while (performance.now() < until);
  exitCodes.push(await worker.terminate());
}
console.log(JSON.stringify({ exitCodes, sharedEncoders: addon.info().sharedEncoders }));
