// A fresh process, for an ISA is chosen once: routes the prompts given as JSON on stdin, prints model and predicted
// quality of each decision as JSON.
import { text } from 'node:stream/consumers';

const { prompts, costWeight } = JSON.parse(await text(process.stdin));
const { Router } = await import('pointsman');
const router = await Router.load(undefined, { backend: 'native' });
const decisions = await router.routeMany(prompts, costWeight === undefined ? {} : { costWeight });
await router.close();
console.log(JSON.stringify(decisions.map(({ model, quality }) => ({ model, quality }))));
