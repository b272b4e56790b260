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

const prompt = 'a prompt long enough that its lane is at work when it dies '.repeat(20);

/** When to end the thread of a lane that replaces a dead one. */
type Death = 'with the request' | 'before it is up';

/** Opens a router with one lane, ends its thread while it holds a request, and then those of the lanes that follow. */
async function routeOnDyingLanes(deaths: readonly Death[], options: RouterOptions = {}) {
  const workers: Worker[] = [];
  const remember = (worker: Worker) => {
    const death = deaths[workers.length - 1];
    workers.push(worker);
    // Its first message says that a thread is ready: it is given the request then.
    if (death === 'with the request') worker.once('message', () => setImmediate(() => worker.terminate()));
    if (death === 'before it is up') worker.once('online', () => worker.terminate());
  };
  process.on('worker', remember);
  const router = await Router.load(path, { deadlineMs: Number.POSITIVE_INFINITY, ...options, lanes: 1 });
  const settled = Promise.allSettled([router.route(prompt)]);
  // The batch is handed over in a microtask; after this turn the lane has it.
  await new Promise((resolve) => setImmediate(resolve));
  await workers[0]?.terminate();
  const [outcome] = await settled;
  process.off('worker', remember);
  return { router, outcome };
}

it('a request whose lane dies is served by the lane that replaces it', async () => {
  const { router, outcome } = await routeOnDyingLanes([]);
  expect(outcome).toMatchObject({ status: 'fulfilled', value: { kind: 'routed' } });
  expect(router.stats().lanes.replaced).toBe(1);
  await router.close();
});

it('a request that two lanes died with is rejected with ERR_LANE_FAILED, and the next is served', async () => {
  const { router, outcome } = await routeOnDyingLanes(['with the request']);
  expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ERR_LANE_FAILED' } });
  expect(await router.route('the next prompt')).toMatchObject({ kind: 'routed' });
  await router.close();
});

it('with a fallbackModel, such a request is answered by it, with the cause', async () => {
  const { router, outcome } = await routeOnDyingLanes(['with the request'], { fallbackModel: 'medium' });
  expect(outcome).toMatchObject({
    status: 'fulfilled',
    value: { kind: 'fallback', model: 'medium', cause: { code: 'ERR_LANE_FAILED' } },
  });
  await router.close();
});

it('a request waits for the third lane where the second dies before it is up', async () => {
  const { router, outcome } = await routeOnDyingLanes(['before it is up']);
  expect(outcome).toMatchObject({ status: 'fulfilled', value: { kind: 'routed' } });
  await router.close();
});

it('a request is rejected where no lane comes up any more, and a later one is tried again', async () => {
  const { router, outcome } = await routeOnDyingLanes(new Array(4).fill('before it is up'));
  expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ERR_LANE_FAILED' } });
  expect(await router.route('the next prompt')).toMatchObject({ kind: 'routed' });
  await router.close();
});

it('a lane that dies while it has nothing to do is replaced without a word', async () => {
  const workers: Worker[] = [];
  const remember = (worker: Worker) => workers.push(worker);
  process.on('worker', remember);
  await using router = await Router.load(path, { deadlineMs: Number.POSITIVE_INFINITY, lanes: 1 });
  process.off('worker', remember);
  await workers[0]?.terminate();
  expect(await router.route('the next prompt')).toMatchObject({ kind: 'routed' });
});

it('closing while a lane dies settles every request', async () => {
  const workers: Worker[] = [];
  const remember = (worker: Worker) => workers.push(worker);
  process.on('worker', remember);
  const router = await Router.load(path, { deadlineMs: Number.POSITIVE_INFINITY, lanes: 2 });
  process.off('worker', remember);
  const settled = Promise.allSettled(
    Array.from({ length: 100 }, (_, index) => router.route(`${index} ${prompt}`)),
  );
  await new Promise((resolve) => setImmediate(resolve));
  const closed = router.close();
  await workers[0]?.terminate();
  await closed;
  expect(new Set((await settled).map(({ status }) => status))).toEqual(new Set(['fulfilled']));
});
