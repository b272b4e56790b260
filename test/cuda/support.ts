import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { loadedAddonPath } from '../../bindings/load.ts';

/** The CUDA library that stands beside the addon; null where the build left it out. */
export function builtCudaLibrary(): string | null {
  const path = join(dirname(loadedAddonPath()), 'libpointsman_cuda.so');
  return existsSync(path) ? path : null;
}

/** A folder that goes away with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pointsman-cuda-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Compiles a shared library of a few lines of C++ and answers its path. */
export function sharedLibrary(folder: string, name: string, source: string): string {
  const path = join(folder, name);
  const sourcePath = `${path}.cc`;
  writeFileSync(sourcePath, source);
  execFileSync('c++', ['-shared', '-fPIC', '-o', path, sourcePath]);
  return path;
}

/** The library is looked for once per process, so every environment has a process of its own. */
type Environment = Readonly<Record<string, string>>;

/** The GPU as the addon sees it. */
export function gpuSeenWith(environment: Environment): Promise<unknown> {
  return printedBy('gpu', environment);
}

/** `timings` of one decision of the built package. */
export function timingsWith(environment: Environment): Promise<unknown> {
  return printedBy('route', environment);
}

/** What a file of `programs/` prints. */
function printedBy(name: string, environment: Environment): Promise<unknown> {
  const program = fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
  const ownLibrary = { POINTSMAN_CUDA_LIBRARY: '' }; // not the one that tests of the CPU name
  const env = { ...process.env, ...ownLibrary, TEST_ADDON: loadedAddonPath(), ...environment };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program], { env, timeout: 60_000 }, (error, stdout) => {
      if (error === null) resolve(JSON.parse(stdout));
      else reject(error);
    });
  });
}
