import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Router, type RouterOptions } from '../../lib/index.ts';
import { temporaryFolder, writeTinyRouter } from '../support/tiny-router.ts';

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
beforeAll(async () => {
  folder = temporaryFolder();
  path = join(folder.path, 'router');
  await writeTinyRouter(path);
});
afterAll(() => folder.clean());

/** Opens a router with one lane and ends that lane's thread while it holds a request. */
async function routeOnDyingLane(options: RouterOptions) {
  const workers: Worker[] = [];
  const remember = (worker: Worker) => workers.push(worker);
  process.on('worker', remember);
  const router = await Router.load(path, { ...options, lanes: 1 });
  process.off('worker', remember);
  const request = router.route('a prompt long enough that its lane is at work when it dies '.repeat(20));
  const settled = Promise.allSettled([request]);
  // The batch is handed over in a microtask; after this turn the lane has it.
  await new Promise((resolve) => setImmediate(resolve));
  await workers[0]?.terminate();
  return { router, outcome: (await settled)[0] };
}

it('a request whose lane dies is rejected with ERR_LANE_FAILED, and the next is served by a new lane', async () => {
  const { router, outcome } = await routeOnDyingLane({});
  expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ERR_LANE_FAILED' } });
  expect(await router.route('the next prompt')).toMatchObject({ kind: 'routed' });
  await router.close();
});

it('with a fallbackModel, a request whose lane dies is answered by it, with the cause', async () => {
  const { router, outcome } = await routeOnDyingLane({ fallbackModel: 'medium' });
  expect(outcome).toMatchObject({
    status: 'fulfilled',
    value: { kind: 'fallback', model: 'medium', cause: { code: 'ERR_LANE_FAILED' } },
  });
  await router.close();
});
