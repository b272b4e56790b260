import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { loadedAddonPath } from '../../bindings/load.ts';
import { packageRoot } from '../../bindings/package-root.ts';

/** Made by the native tests: the CUDA library with its kernels run on the CPU. */
export const emulatedLibrary = join(
  packageRoot(),
  'build-test',
  'test',
  'native',
  'libpointsman_cuda_emulated.so',
);

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
export type Environment = Readonly<Record<string, string>>;

/** The library beside the addon, unless `environment` names another one: not the one that tests of the CPU name. */
export function withOwnLibrary(environment: Environment): Environment {
  return { POINTSMAN_CUDA_LIBRARY: '', ...environment };
}

/** The GPU as the addon sees it; `reason` where it sees none. */
export async function gpuSeenWith(environment: Environment): Promise<{ reason?: string }> {
  return (await printedBy('gpu', environment)) as { reason?: string };
}

/** What the built package does with `device: 'auto'`, timings of a decision, and with 'cuda', the error. */
export function routedWith(environment: Environment): Promise<unknown> {
  return printedBy('route', environment);
}

/** What a file of `programs/` prints. */
function printedBy(name: string, environment: Environment): Promise<unknown> {
  const program = fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
  const env = { ...process.env, TEST_ADDON: loadedAddonPath(), ...withOwnLibrary(environment) };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program], { env, timeout: 60_000 }, (error, stdout) => {
      if (error === null) resolve(JSON.parse(stdout));
      else reject(error);
    });
  });
}
