import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codedError } from './coded-error.ts';

const packageName = 'pointsman';
let cached: string | undefined;

/**
 * The folder of this package's package.json, from the sources and from `dist/` alike.
 * Throws ERR_FILE_NOT_FOUND where the code was moved out of its package, as bundlers do.
 */
export function packageRoot(): string {
  cached ??= findPackageRoot(dirname(fileURLToPath(import.meta.url)));
  return cached;
}

/** The nearest folder at or above `start` that holds the package.json of Pointsman. */
export function findPackageRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (readPackageName(join(folder, 'package.json')) === packageName) return folder;
    if (folder === dirname(folder)) break;
  }
  throw codedError(
    'ERR_FILE_NOT_FOUND',
    `no package.json named "${packageName}" at or above ${start}: if a bundler moved this code, mark ${packageName} as external`,
  );
}

/** Undefined for a file that is missing or is no package.json. */
function readPackageName(path: string): unknown {
  try {
    const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof manifest === 'object' && manifest !== null && 'name' in manifest
      ? manifest.name
      : undefined;
  } catch {
    return undefined;
  }
}
