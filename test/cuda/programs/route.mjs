// Prints the timings of one decision of the built package, and the error where the GPU is asked for by name.
import { Router } from '../../../dist/lib/index.js';

const router = await Router.load(undefined, { lanes: 1 });
const { timings } = await router.route('What is 17 times 23?');
await router.close();
const refusal = await Router.load(undefined, { lanes: 1, device: 'cuda' }).then(
  async (opened) => {
    await opened.close();
    return null;
  },
  ({ name, code, message }) => ({ name, code, message }),
);
console.log(JSON.stringify({ timings, refusal }));
