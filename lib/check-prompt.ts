import { describe } from './check.ts';
import { PointsmanError } from './errors.ts';

/** Throws ERR_INVALID_PROMPT unless `prompt` is a string with something other than white space in it. */
export function checkPrompt(prompt: unknown, name: string): asserts prompt is string {
  if (typeof prompt !== 'string') {
    throw new PointsmanError('ERR_INVALID_PROMPT', `${name} must be a string, got ${describe(prompt)}`);
  }
  // A search stops at the first visible character; trim() would copy a long prompt.
  if (!/\S/.test(prompt)) {
    const what = prompt === '' ? 'is empty' : 'holds nothing but white space';
    throw new PointsmanError('ERR_INVALID_PROMPT', `${name} ${what}: there is nothing to route`);
  }
}
