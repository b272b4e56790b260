import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pointsman } from '../cli/run.ts';
import {
  builtCudaLibrary,
  type Environment,
  emulatedLibrary,
  gpuSeenWith,
  routedWith,
  sharedLibrary,
  temporaryFolder,
  withOwnLibrary,
} from './support.ts';

const built = builtCudaLibrary();
/** A machine with a driver of its own answers for itself; where stubs stand in for it, it does not matter. */
const hasDriver = ['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib'].some((folder) =>
  existsSync(join(folder, 'libcuda.so.1')),
);

/** Why there is no GPU to use. */
interface Cause {
  readonly name: string;
  /** Why it cannot be brought about here; null where it can. */
  readonly skipped: string | null;
  /** Brings it about, in a folder of the test's own. */
  readonly make: (folder: string) => Environment;
  /** What the addon says, the whole of it. */
  readonly reason: RegExp;
}

const notBuilt = built === null ? 'the CUDA library was not built' : null;
const needed = String.raw`this build needs one for CUDA \d+\.\d or later$`;

const causes: readonly Cause[] = [
  {
    name: 'a library that is missing',
    skipped: null,
    make: () => ({ POINTSMAN_CUDA_LIBRARY: '/nowhere/libpointsman_cuda.so' }),
    reason:
      /^there is no \/nowhere\/libpointsman_cuda\.so; build it with nvcc 12\.8 or later on the PATH, or set POINTSMAN_CUDA_LIBRARY to where it is$/,
  },
  {
    name: 'a file that is no library',
    skipped: null,
    make: (folder) => {
      const library = join(folder, 'libpointsman_cuda.so');
      writeFileSync(library, 'not a library');
      return { POINTSMAN_CUDA_LIBRARY: library };
    },
    reason: /^the CUDA library could not be loaded: .*(file too short|invalid ELF)/,
  },
  {
    name: 'a library of something else',
    skipped: null,
    make: (folder) => ({
      POINTSMAN_CUDA_LIBRARY: sharedLibrary(folder, 'other.so', 'extern "C" int answer() { return 42; }'),
    }),
    reason: /other\.so is not the CUDA library of Pointsman: .*pointsman_cuda_api/,
  },
  {
    name: 'a library of another ABI version',
    skipped: null,
    make: (folder) => ({
      POINTSMAN_CUDA_LIBRARY: sharedLibrary(
        folder,
        'old.so',
        'extern "C" const unsigned* pointsman_cuda_api() { static unsigned api[64] = {999}; return api; }',
      ),
    }),
    reason: /old\.so has ABI version 999, this addon needs version \d+; install both from the same release$/,
  },
  {
    name: 'no driver',
    skipped: notBuilt ?? (hasDriver ? 'this machine has one' : null),
    make: () => ({}),
    reason: new RegExp(String.raw`^no NVIDIA driver was found \(libcuda\.so\.1\); ${needed}`),
  },
  {
    name: 'a driver that is too old',
    skipped: notBuilt,
    make: (folder) => driver(folder, { cudaVersion: 11_040, initAnswers: 0 }),
    reason: new RegExp(`^the NVIDIA driver is too old: it supports CUDA 11\\.4; ${needed}`),
  },
  {
    name: 'a driver without a device',
    skipped: notBuilt,
    make: (folder) => driver(folder, { cudaVersion: 99_000, initAnswers: 100 }), // CUDA_ERROR_NO_DEVICE
    reason: /^the NVIDIA driver is there, but no GPU that it may use$/,
  },
  {
    name: 'a driver that does not answer',
    skipped: notBuilt,
    make: (folder) => driver(folder, { cudaVersion: 99_000, initAnswers: 999 }), // CUDA_ERROR_UNKNOWN
    reason: /^the NVIDIA driver does not answer: unknown error \(cudaErrorUnknown\)$/,
  },
  {
    name: 'a device that is too old',
    // The emulation and not a stub of the driver: the runtime asks a driver with devices for proof that it is one.
    skipped: existsSync(emulatedLibrary) ? null : 'the native tests were not built',
    make: () => ({ POINTSMAN_CUDA_LIBRARY: emulatedLibrary, POINTSMAN_EMULATED_COMPUTE: '7.5' }),
    reason: /^CUDA emulation has compute capability 7\.5; the kernels need 8\.0 \(Ampere\) or later$/,
  },
];

/** A library that stands in for the driver's. */
function driver(folder: string, answers: { cudaVersion: number; initAnswers: number }): Environment {
  const source = `
extern "C" int cuInit(unsigned) { return ${answers.initAnswers}; }
extern "C" int cuDriverGetVersion(int* version) { *version = ${answers.cudaVersion}; return 0; }
`;
  sharedLibrary(folder, 'libcuda.so.1', source);
  return { LD_LIBRARY_PATH: folder };
}

describe.each(causes)('$name', ({ skipped, make, reason }) => {
  const title = (text: string) => (skipped === null ? text : `${text} (not here: ${skipped})`);

  it.skipIf(skipped !== null)(title("is why 'auto' takes the CPU, and 'cuda' an error"), async () => {
    const environment = make(temporaryFolder());
    const gpu = await gpuSeenWith(environment);
    const library = environment.POINTSMAN_CUDA_LIBRARY ?? built;
    expect(gpu).toEqual({ available: false, library, reason: expect.stringMatching(reason) });
    expect(await routedWith(environment)).toMatchObject({
      timings: { device: 'cpu', deviceReason: gpu.reason },
      refusal: {
        name: 'PointsmanError',
        code: 'ERR_DEVICE_UNAVAILABLE',
        message: `device "cuda" is not available: ${gpu.reason}; use "auto" or "cpu"`,
      },
    });
  });

  it.skipIf(skipped !== null)(title('is what the command line says'), () => {
    const env = withOwnLibrary(make(temporaryFolder()));
    const { gpu } = JSON.parse(pointsman(['inspect', '--json'], { env }).stdout);
    expect(gpu).toMatchObject({ available: false, reason: expect.stringMatching(reason) });
    expect(pointsman(['inspect'], { env }).stdout).toContain(`gpu        none: ${gpu.reason}\n`);
    expect(pointsman(['route', 'Explain tides.', '--device', 'cuda'], { env })).toEqual({
      status: 1,
      stdout: '',
      stderr: `pointsman: ERR_DEVICE_UNAVAILABLE: device "cuda" is not available: ${gpu.reason}; use "auto" or "cpu"\n`,
    });
    const { stdout } = pointsman(['route', 'Explain tides.', '--json'], { env });
    expect(JSON.parse(stdout).timings).toMatchObject({ device: 'cpu', deviceReason: gpu.reason });
  });
});
