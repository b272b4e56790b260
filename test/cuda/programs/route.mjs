// Prints the timings of one decision of the built package.
import { Router } from '../../../dist/lib/index.js';

const router = await Router.load(undefined, { lanes: 1 });
const { timings } = await router.route('What is 17 times 23?');
await router.close();
console.log(JSON.stringify(timings));
