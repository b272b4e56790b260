// What every program here starts from: the addon and the encoder that the test named in the environment.
import { createRequire } from 'node:module';

export const addon = createRequire(import.meta.url)(process.env.TEST_ADDON);
export const encoder = JSON.parse(process.env.TEST_ENCODER);
export const question = 'How do I sort a list in Python?';
