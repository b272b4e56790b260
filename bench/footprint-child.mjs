// One fresh process: opens the default router, routes prompts, reports times and resident memory as JSON.
const lanes = Number(process.argv[2]);
const { Router } = await import('pointsman');
const beforeLoad = performance.now();
const router = await Router.load(undefined, { lanes });
const loaded = performance.now();
const first = await router.route('What is the capital of France?');
const decided = performance.now();
if (first.kind !== 'routed') throw new Error(`expected a routed decision, got ${first.kind}`);
const prompts = Array.from(
  { length: 400 },
  (_, i) => `Question ${i}: ${'why do rivers bend and what would stop them? '.repeat(1 + (i % 20))}`,
);
const decisions = await router.routeMany(prompts);
if (decisions.some(({ kind }) => kind !== 'routed')) throw new Error('a prompt was not routed');
const rssMb = process.memoryUsage.rss() / 2 ** 20;
await router.close();
// performance.now() counts from the start of the process.
console.log(
  JSON.stringify({ importMs: beforeLoad, loadMs: loaded - beforeLoad, firstDecisionMs: decided, rssMb }),
);
