import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findPackageRoot, packageRoot } from '../../bindings/package-root.ts';
import { errorCodes } from '../../lib/errors.ts';
import { failureOf } from './support.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pointsman-load-'));
  vi.resetModules();
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
  vi.doUnmock('../../bindings/package-root.ts');
});

/** A loader that has loaded nothing yet. */
function freshLoader() {
  return import('../../bindings/load.ts');
}

const host = `(${process.platform}-${process.arch}, Node ${process.versions.node})`;

describe('loading the addon', () => {
  test('finds the build of the package, once, and tells where', async () => {
    vi.stubEnv('POINTSMAN_ADDON', undefined);
    const { loadAddon, loadedAddonPath } = await freshLoader();
    expect(loadAddon()).toBe(loadAddon());
    expect(loadedAddonPath()).toBe(join(packageRoot(), 'build', 'Release', 'pointsman.node'));
    expect(Object.keys(loadAddon()).sort()).toEqual([
      'Engine',
      'Head',
      'HeadGroup',
      'Tokenizer',
      'graph',
      'info',
      'kernels',
      'surfaceFeatures',
    ]);
  });

  test('takes the file that POINTSMAN_ADDON names, relative to the working directory', async () => {
    vi.stubEnv('POINTSMAN_ADDON', './build/Release/pointsman.node');
    const { loadedAddonPath } = await freshLoader();
    expect(existsSync(loadedAddonPath())).toBe(true);
  });

  test('says so where POINTSMAN_ADDON names nothing, and tries nothing else', async () => {
    const path = join(folder, 'missing.node');
    vi.stubEnv('POINTSMAN_ADDON', path);
    const { loadAddon } = await freshLoader();
    expect(failureOf(loadAddon)).toEqual({
      code: 'ERR_ADDON_MISSING',
      message: `the native addon could not be loaded ${host}. Tried:
  ${path}: Cannot find module '${path}'
To fix this, correct or unset POINTSMAN_ADDON, which names the file to load.`,
    });
  });

  test('says so where the file is no library', async () => {
    const path = join(folder, 'text.node');
    writeFileSync(path, 'not a library');
    vi.stubEnv('POINTSMAN_ADDON', path);
    const { loadAddon } = await freshLoader();
    const failure = failureOf(loadAddon);
    expect(failure.code).toBe('ERR_ADDON_MISSING');
    expect(failure.message).toContain(`\n  ${path}: `);
  });

  test('says so where the file is something else', async () => {
    const path = join(folder, 'other.cjs');
    writeFileSync(path, 'exports.info = () => ({});');
    vi.stubEnv('POINTSMAN_ADDON', path);
    const { loadAddon } = await freshLoader();
    expect(failureOf(loadAddon).message).toContain(
      `${path}: the file loads, but is not the addon of Pointsman\n`,
    );
  });

  test('lists every attempt and keeps every cause where the package was not built', async () => {
    vi.stubEnv('POINTSMAN_ADDON', undefined);
    vi.doMock('../../bindings/package-root.ts', () => ({ packageRoot: () => folder }));
    const { loadAddon } = await freshLoader();
    const path = join(folder, 'build', 'Release', 'pointsman.node');
    const specifier = `@pointsman/${process.platform}-${process.arch}/pointsman.node`;
    expect(failureOf(loadAddon)).toEqual({
      code: 'ERR_ADDON_MISSING',
      message: `the native addon could not be loaded ${host}. Tried:
  ${path}: Cannot find module '${path}'
  ${specifier}: Cannot find module '${specifier}'
To fix this, in a clone run "npm run build:native" (it needs CMake and a C++20 compiler); elsewhere reinstall pointsman, or set POINTSMAN_ADDON to the path of a pointsman.node built for this machine.`,
    });
    let cause: unknown;
    try {
      loadAddon();
    } catch (error) {
      cause = (error as Error).cause;
    }
    expect(cause).toBeInstanceOf(AggregateError);
    expect((cause as AggregateError).errors).toHaveLength(2);
    expect(errorCodes).toHaveProperty('ERR_ADDON_MISSING');
  });
});

describe('the package root', () => {
  test('is found from any depth, past folders of other packages and damaged manifests', () => {
    const deep = join(folder, 'dist', 'bindings', 'deep');
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "name": "pointsman" }');
    writeFileSync(join(folder, 'dist', 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'dist', 'bindings', 'package.json'), '{ damaged');
    expect(findPackageRoot(deep)).toBe(folder);
  });

  test('is an error with advice where there is none', () => {
    expect(failureOf(() => findPackageRoot(folder))).toEqual({
      code: 'ERR_FILE_NOT_FOUND',
      message: `no package.json named "pointsman" at or above ${folder}: if a bundler moved this code, mark pointsman as external`,
    });
  });
});
