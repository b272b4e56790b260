import { PointsmanError } from '../errors.ts';

/** Imports an optional peer dependency; ERR_PEER_MISSING says what to install. */
export async function importPeer<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const detail = cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : String(cause);
    throw new PointsmanError(
      'ERR_PEER_MISSING',
      `the package ${name} could not be loaded (${detail}): run "npm install ${name}"`,
      { cause },
    );
  }
}
