import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtCudaLibrary, gpuSeenWith, sharedLibrary, temporaryFolder } from './support.ts';

const built = builtCudaLibrary();
/** A machine with a driver of its own answers for itself; where stubs stand in for it, it does not matter. */
const hasDriver = ['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib'].some((folder) =>
  existsSync(join(folder, 'libcuda.so.1')),
);

/** A driver that supports this version of CUDA and has no device: cuInit answers CUDA_ERROR_NO_DEVICE. */
function stubDriver(cudaVersion: number): string {
  return `
extern "C" int cuInit(unsigned) { return 100; }
extern "C" int cuDriverGetVersion(int* version) { *version = ${cudaVersion}; return 0; }
`;
}

describe('why there is no GPU', () => {
  it('names the library that is missing, and what to do', async () => {
    const library = join(temporaryFolder(), 'libpointsman_cuda.so');
    expect(await gpuSeenWith({ POINTSMAN_CUDA_LIBRARY: library })).toEqual({
      available: false,
      library,
      reason: `there is no ${library}; build it with nvcc 12.8 or later on the PATH, or set POINTSMAN_CUDA_LIBRARY to where it is`,
    });
  });

  it('says what the loader says of a file that is no library', async () => {
    const library = join(temporaryFolder(), 'libpointsman_cuda.so');
    writeFileSync(library, 'not a library');
    expect(await gpuSeenWith({ POINTSMAN_CUDA_LIBRARY: library })).toMatchObject({
      available: false,
      reason: expect.stringMatching(/^the CUDA library could not be loaded: .*(file too short|invalid ELF)/),
    });
  });

  it('tells another library from its own', async () => {
    const library = sharedLibrary(temporaryFolder(), 'other.so', 'extern "C" int answer() { return 42; }');
    expect(await gpuSeenWith({ POINTSMAN_CUDA_LIBRARY: library })).toMatchObject({
      reason: expect.stringContaining(`${library} is not the CUDA library of Pointsman: `),
    });
  });

  it('refuses a library of another ABI version', async () => {
    const source =
      'extern "C" const unsigned* pointsman_cuda_api() { static unsigned api[64] = {999}; return api; }';
    const library = sharedLibrary(temporaryFolder(), 'old.so', source);
    expect(await gpuSeenWith({ POINTSMAN_CUDA_LIBRARY: library })).toMatchObject({
      reason: expect.stringMatching(/has ABI version 999, this addon needs version \d+; install both/),
    });
  });
});

describe.skipIf(built === null)('the CUDA library on a machine without a GPU', () => {
  it.skipIf(hasDriver)('says that there is no driver', async () => {
    expect(await gpuSeenWith({})).toEqual({
      available: false,
      library: built,
      reason: expect.stringMatching(
        /^no NVIDIA driver was found \(libcuda\.so\.1\); this build needs one for CUDA \d+\.\d or later$/,
      ),
    });
  });

  it('says that the driver is too old, and which it needs', async () => {
    const folder = temporaryFolder();
    sharedLibrary(folder, 'libcuda.so.1', stubDriver(11_040));
    expect(await gpuSeenWith({ LD_LIBRARY_PATH: folder })).toMatchObject({
      reason: expect.stringMatching(
        /^the NVIDIA driver is too old: it supports CUDA 11\.4; this build needs one for CUDA \d+\.\d or later$/,
      ),
    });
  });

  it('says that there is a driver but no device', async () => {
    const folder = temporaryFolder();
    sharedLibrary(folder, 'libcuda.so.1', stubDriver(99_000));
    expect(await gpuSeenWith({ LD_LIBRARY_PATH: folder })).toMatchObject({
      reason: 'the NVIDIA driver is there, but no GPU that it may use',
    });
  });
});
