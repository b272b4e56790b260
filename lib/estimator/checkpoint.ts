import { setImmediate } from 'node:timers/promises';
import { PointsmanError } from '../errors.ts';

/**
 * Called between pieces of long training: lets the event loop run, so that an abort can arrive, and throws
 * ERR_ABORTED once one has.
 */
export async function checkpoint(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  if (signal?.aborted) {
    throw new PointsmanError('ERR_ABORTED', 'training was aborted', { cause: signal.reason });
  }
}
