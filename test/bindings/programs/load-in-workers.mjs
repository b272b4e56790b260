// The main thread never loads the addon; workers do, several at once, again and again. Arguments: workers, rounds.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const [, , workers, rounds] = process.argv;
const exitCodes = [];
for (let round = 0; round < Number(rounds); ++round) {
  const ends = Array.from({ length: Number(workers) }, () =>
    once(new Worker(new URL('worker.mjs', import.meta.url), { workerData: { job: 'abandon' } }), 'exit'),
  );
  for (const [exitCode] of await Promise.all(ends)) exitCodes.push(exitCode);
}
console.log(JSON.stringify(exitCodes));
