import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../bindings/package-root.ts';

const main = join(packageRoot(), 'dist', 'lib', 'cli', 'main.js');

export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the built command line as a user would. `limits` are shell commands to run before it, such as ulimit; `env` is added
 * to the environment.
 */
export function pointsman(
  args: readonly string[],
  options: { input?: string; limits?: string; env?: Readonly<Record<string, string>> } = {},
): CommandResult {
  const script = `${options.limits ?? ':'} && exec "$0" "$@"`;
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script, process.execPath, main, ...args], {
    input: options.input ?? '',
    env: { ...process.env, ...options.env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}
