import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { PointsmanError } from '../errors.ts';

/**
 * Writes a file so that readers see the old one or the new one whole: under a temporary name beside it, then renamed.
 * Rejects with ERR_IO; the old file then is as it was.
 */
export async function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const target = resolve(path);
  const temporary = `${target}.tmp-${process.pid}`;
  try {
    await mkdir(dirname(target), { recursive: true });
    await writeFile(temporary, content, { flag: 'wx', flush: true });
    await rename(temporary, target);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new PointsmanError('ERR_IO', `cannot write ${path}: ${detail}`, { cause });
  }
}
