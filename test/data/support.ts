import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll } from 'vitest';
import { PointsmanError } from '../../lib/errors.ts';

/** A folder that lives as long as the test file; returns a writer of files in it. */
export function temporaryFiles(): (name: string, content: string | Uint8Array) => string {
  const folder = mkdtempSync(join(tmpdir(), 'pointsman-data-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (name, content) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
}

/** The code and message that a promise rejects with, the folder of `path` taken out of the message. */
export async function refusalOf(promise: Promise<unknown>, path: string): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof PointsmanError)) throw error;
    return `${error.code} ${error.message.replaceAll(path, basename(path))}`;
  }
  throw new Error('expected a refusal, but the promise was fulfilled');
}
