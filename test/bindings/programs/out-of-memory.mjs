// Asks for a result of 4 GiB, prints the error, and shows that the addon still works.
import { addon } from './setup.mjs';

const head = new addon.Head({ kind: 'constant', scores: new Float32Array([0.5]) });
const none = new Float32Array(0);
try {
  head.score(none, 2 ** 30);
} catch (error) {
  console.log(JSON.stringify({ code: error.code, message: error.message, after: [...head.score(none, 2)] }));
}
