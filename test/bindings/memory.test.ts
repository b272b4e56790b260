import { describe, expect, test } from 'vitest';
import { runProgram, runProgramWithin } from './support.ts';

interface Growth {
  /** Bytes of resident memory after the rounds, before anyone asks for garbage collection. */
  readonly grownUncollected: number;
  readonly grown: number;
  readonly sharedEncoders: number;
  readonly sharedHeads: number;
}

async function grow(name: string, warmUp: number, rounds: number): Promise<Growth> {
  const end = await runProgram('memory', name, String(warmUp), String(rounds));
  expect(end).toMatchObject({ exitCode: 0, stderr: '' });
  return JSON.parse(end.stdout);
}

const MB = 1e6;

describe('memory', () => {
  test('of disposed heads is given back at once', async () => {
    const growth = await grow('disposedHeads', 20, 300); // 1.2 GB in all
    expect(growth.grown).toBeLessThan(60 * MB);
    expect(growth.sharedHeads).toBe(0);
  });

  test('of disposed engines is given back at once', async () => {
    const growth = await grow('disposedEngines', 5, 20); // an encoder each time
    expect(growth.grown).toBeLessThan(60 * MB);
    expect(growth.sharedEncoders).toBe(0);
  });

  test('of heads nobody disposed is found by the garbage collector on its own', async () => {
    const growth = await grow('abandonedHeads', 20, 500); // 2 GB in all
    expect(growth.grownUncollected).toBeLessThan(800 * MB);
    expect(growth.sharedHeads).toBe(0);
  });

  test('does not grow with calls', async () => {
    const growth = await grow('results', 50, 500);
    expect(growth.grown).toBeLessThan(30 * MB);
  });

  test('does not grow with errors', async () => {
    const growth = await grow('errors', 1000, 20_000);
    expect(growth.grown).toBeLessThan(30 * MB);
  });

  // Other systems do not limit address space by ulimit.
  test.runIf(process.platform === 'linux')(
    'that cannot be had is an error, not the end of the process',
    async () => {
      const end = await runProgramWithin(4_000_000, 'out-of-memory');
      expect(end).toMatchObject({ exitCode: 0, stderr: '' });
      expect(JSON.parse(end.stdout)).toEqual({
        code: 'ERR_OUT_OF_MEMORY',
        message: 'memory for this call could not be allocated: pass fewer rows at a time or free memory',
        after: [0.5, 0.5],
      });
    },
  );
});
