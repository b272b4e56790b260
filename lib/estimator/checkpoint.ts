import { setImmediate } from 'node:timers/promises';
import { abortError } from '../errors.ts';

/**
 * Called between pieces of long training: lets the event loop run, so that an abort can arrive, and throws
 * ERR_ABORTED once one has.
 */
export async function checkpoint(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  if (signal?.aborted) throw abortError('training', signal);
}
