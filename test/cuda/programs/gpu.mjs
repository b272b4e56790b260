// Prints the addon's view of the GPU. The library is opened once per process, so every case has its own.
import { createRequire } from 'node:module';

const addon = createRequire(import.meta.url)(process.env.TEST_ADDON);
console.log(JSON.stringify(addon.info().gpu));
