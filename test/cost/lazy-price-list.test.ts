import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../bindings/package-root.ts';
import {
  modelsWithPredictedOutput,
  temporaryFolder,
  tinyCostHead,
  writeTinyRouter,
} from '../support/tiny-router.ts';

let folder: ReturnType<typeof temporaryFolder>;
let router: string;
beforeAll(async () => {
  folder = temporaryFolder();
  router = join(folder.path, 'router');
  await writeTinyRouter(router, { models: modelsWithPredictedOutput() }, { costHead: tinyCostHead() });
});
afterAll(() => folder.clean());

/** Refuses to resolve the price list, so that whoever imports it fails. */
const hooks = `export async function resolve(specifier, context, next) {
  if (specifier === '@pydantic/genai-prices') throw new Error('the price list was imported');
  return next(specifier, context);
}`;

/** Loads the built package in a process of its own and routes a prompt; what it printed, or the error it ended with. */
function routeWithoutPriceList(options: object): string {
  const script = `
    import { register } from 'node:module';
    register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)});
    const { Router } = await import(${JSON.stringify(pathToFileURL(join(packageRoot(), 'dist/lib/index.js')).href)});
    const router = await Router.load(${JSON.stringify(router)}, ${JSON.stringify({ lanes: 1, ...options })});
    console.log((await router.route('What is the capital of France?')).model);
    await router.close();`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  return stdout + stderr;
}

describe('the price list', () => {
  it('is not imported to load a router and to route', () => {
    expect(routeWithoutPriceList({}).trim()).toMatch(/^(small|medium|large)$/);
  });

  it('is imported where today’s prices are asked for', () => {
    expect(routeWithoutPriceList({ refreshPrices: true })).toContain('the price list was imported');
  });
});
