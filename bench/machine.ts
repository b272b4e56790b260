import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { loadAddon } from '../bindings/load.ts';
import { packageRoot } from '../bindings/package-root.ts';

/** Where and on what figures were measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** The ISA of Pointsman's kernels. */
  readonly isa: string;
  readonly platform: string;
  readonly node: string;
  /** Of the contestants that are installed. */
  readonly versions: Readonly<Record<string, string>>;
  /** With "+" where the tree had changes; null outside a clone. */
  readonly commit: string | null;
  readonly date: string;
}

const peers = [
  'onnxruntime-node',
  '@lat.md/embed',
  '@huggingface/transformers',
  '@huggingface/tokenizers',
  'tokenizers',
];

export function describeMachine(): Machine {
  const { cpu, isa } = loadAddon().info();
  const versions = peers.flatMap((name) => {
    const version = installedVersion(name);
    return version === null ? [] : [[name, version] as const];
  });
  return {
    cpu,
    cores: availableParallelism(),
    isa,
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
    versions: Object.fromEntries(versions),
    commit: currentCommit(),
    date: new Date().toISOString(),
  };
}

/** Folder of an installed package, of this repository or of bench/peers; null where it is not installed. */
export function installedFolder(name: string): string | null {
  const roots = [packageRoot(), join(packageRoot(), 'bench', 'peers')];
  const manifests = roots.map((root) => join(root, 'node_modules', ...name.split('/'), 'package.json'));
  const found = manifests.find((path) => existsSync(path));
  return found === undefined ? null : dirname(found);
}

function installedVersion(name: string): string | null {
  const folder = installedFolder(name);
  if (folder === null) return null;
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}

function currentCommit(): string | null {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: packageRoot(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no').trim() !== '';
    return git('rev-parse', '--short', 'HEAD').trim() + (changed ? '+' : '');
  } catch {
    return null; // No git, or not a clone.
  }
}
