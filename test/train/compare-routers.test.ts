import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findEncoder } from '../../lib/artifact/encoder-files.ts';
import { compareRouters } from '../../lib/train/compare-routers.ts';
import { evaluateRouter } from '../../lib/train/evaluate-router.ts';
import { temporaryFolder, tinyModels, writeTinyRouter } from '../support/tiny-router.ts';

let folder: ReturnType<typeof temporaryFolder>;
const inFolder = (name: string) => join(folder.path, name);
const rows = 40;

beforeAll(async () => {
  folder = temporaryFolder();
  const cells = (row: number) => tinyModels.map((_, model) => (row % (model + 2) === 0 ? 0 : 1)).join(',');
  const lines = Array.from({ length: rows }, (_, row) => `"Question ${row} of many.",${cells(row)}`);
  writeFileSync(inFolder('scores.csv'), `prompt,${tinyModels.join(',')}\n${lines.join('\n')}\n`);
  await writeTinyRouter(inFolder('first'));
  await writeTinyRouter(inFolder('second'));
  const { name, sha256, dimension, options } = await findEncoder(null, 16);
  const { pooling, normalize, maxTokens } = options;
  const encoder = { name, sha256, dimension, pooling, normalize, maxTokens };
  await writeTinyRouter(inFolder('short'), { encoder });
});
afterAll(() => folder.clean());

async function compareWithoutCache(names: readonly string[]) {
  let embeddedPasses = 0;
  const comparison = await compareRouters({
    routers: names.map(inFolder),
    data: [inFolder('scores.csv')],
    resamples: 0,
    cache: false,
    onProgress: ({ stage, done, total }) => {
      if (stage === 'embedding prompts' && done === total) embeddedPasses++;
    },
  });
  return { comparison, embeddedPasses };
}

describe('comparing routers without a cache on disk', () => {
  it('embeds the prompts once for all routers that read them alike', async () => {
    expect((await compareWithoutCache(['first', 'second'])).embeddedPasses).toBe(1);
  });

  it('embeds them again for a router that reads less of them', async () => {
    const { comparison, embeddedPasses } = await compareWithoutCache(['first', 'short', 'second']);
    expect(embeddedPasses).toBe(2);
    const alone = await evaluateRouter({
      router: inFolder('second'),
      data: [inFolder('scores.csv')],
      resamples: 0,
      cache: false,
    });
    expect(comparison.routers[2]?.evaluation.figures).toEqual(alone.figures);
  });
});
