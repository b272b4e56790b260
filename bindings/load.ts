import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import type { NativeAddon } from './addon.ts';
import { codedError } from './coded-error.ts';
import { packageRoot } from './package-root.ts';

interface LoadedAddon {
  readonly addon: NativeAddon;
  readonly path: string;
}

const requireFromHere = createRequire(import.meta.url);
const overrideVariable = 'POINTSMAN_ADDON';
let loaded: LoadedAddon | undefined;

/**
 * The native addon, loaded on first use and kept. `POINTSMAN_ADDON`, where set, names the only file tried; else it is
 * the package's own build, then the binary package of this platform. Throws one ERR_ADDON_MISSING that says what was
 * tried, why each attempt failed and what to do; `cause` is an AggregateError of the attempts.
 */
export function loadAddon(): NativeAddon {
  loaded ??= loadFirst(candidates());
  return loaded.addon;
}

/** Absolute path of the addon in use, which is loaded first where needed. */
export function loadedAddonPath(): string {
  loaded ??= loadFirst(candidates());
  return loaded.path;
}

/** What to require, in order: absolute paths or package specifiers. */
function candidates(): readonly string[] {
  const override = process.env[overrideVariable];
  if (override) return [resolve(override)];
  return [
    join(packageRoot(), 'build', 'Release', 'pointsman.node'),
    `@pointsman/${process.platform}-${process.arch}/pointsman.node`,
  ];
}

function loadFirst(specifiers: readonly string[]): LoadedAddon {
  const failures: { readonly specifier: string; readonly cause: unknown }[] = [];
  for (const specifier of specifiers) {
    try {
      const path = requireFromHere.resolve(specifier);
      return { addon: checkShape(requireFromHere(path)), path };
    } catch (cause) {
      failures.push({ specifier, cause });
    }
  }
  const tried = failures.map(({ specifier, cause }) => `\n  ${specifier}: ${firstLine(cause)}`).join('');
  const host = `${process.platform}-${process.arch}, Node ${process.versions.node}`;
  throw codedError(
    'ERR_ADDON_MISSING',
    `the native addon could not be loaded (${host}). Tried:${tried}\nTo fix this, ${advice()}.`,
    new AggregateError(
      failures.map(({ cause }) => cause),
      'every attempt to load the addon failed',
    ),
  );
}

function advice(): string {
  if (process.env[overrideVariable])
    return `correct or unset ${overrideVariable}, which names the file to load`;
  return (
    'in a clone run "npm run build:native" (it needs CMake and a C++20 compiler); elsewhere reinstall pointsman, ' +
    `or set ${overrideVariable} to the path of a pointsman.node built for this machine`
  );
}

/** A file that loads and is something else would fail far from here. */
function checkShape(exported: Partial<NativeAddon>): NativeAddon {
  const { info, Engine, Tokenizer, Head, kernels, graph, surfaceFeatures } = exported;
  const parts = [info, Engine, Tokenizer, Head, kernels, graph, surfaceFeatures];
  if (parts.includes(undefined)) {
    throw new Error('the file loads, but is not the addon of Pointsman');
  }
  return exported as NativeAddon;
}

/** Node appends a require stack that says nothing here. */
function firstLine(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.split('\n', 1)[0] ?? '';
}
