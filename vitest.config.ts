import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A process per test file: tests count the encoders and heads of "this process", and a crash names its file.
    pool: 'forks',
    // The same everywhere: tests of the CUDA back end name their own library.
    env: { POINTSMAN_CUDA_LIBRARY: 'no-cuda-library' },
    // Most of a file's time is one thread's: two at a time fill two cores.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
