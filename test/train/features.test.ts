import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FeatureName } from '../../bindings/addon.ts';
import { findEncoder } from '../../lib/artifact/encoder-files.ts';
import { readRoutingData } from '../../lib/data/read.ts';
import { Router } from '../../lib/index.ts';
import { embedTable, labelledRows } from '../../lib/train/embed-table.ts';
import { evaluateRouter } from '../../lib/train/evaluate-router.ts';
import { onboardModel } from '../../lib/train/onboard-model.ts';
import { trainRouter } from '../../lib/train/train-router.ts';
import { writeTinyGraph } from '../onnx/tiny-graph.ts';
import { exportDefaultEncoder } from '../support/exported-encoder.ts';
import { temporaryFolder } from '../support/tiny-router.ts';

const everything: readonly FeatureName[] = ['embedding', 'tokens', 'surface'];
const maxTokens = 16;
/** Longer than the token limit, so that only surface features can see how a prompt ends. */
const rules = 'Answer the question as well as you can, with no more words than it takes, and do not guess. ';
const short = (index: number) => `${rules.repeat(2)}Give ${index}.`;
const long = (index: number) => `${rules.repeat(2)}Give ${index}.\n${'A. 1\n'.repeat(12)}`;

let folder: ReturnType<typeof temporaryFolder>;
let data: string;
beforeAll(() => {
  folder = temporaryFolder();
  process.env.POINTSMAN_CACHE_DIR = join(folder.path, 'cache');
  data = join(folder.path, 'scores.jsonl');
  const rows = Array.from({ length: 80 }, (_, i) => [
    { prompt: short(i), scores: { brief: 1, patient: 0 } },
    { prompt: long(i), scores: { brief: 0, patient: 1 } },
  ]).flat();
  writeFileSync(data, rows.map((row) => JSON.stringify(row)).join('\n'));
  const prices = ['brief', 'patient'].map((id) => ({ id, inputPer1M: 1, outputPer1M: 1 }));
  writeFileSync(join(folder.path, 'models.json'), JSON.stringify(prices));
});
afterAll(() => folder.clean());

async function train(name: string, features: readonly FeatureName[]) {
  const out = join(folder.path, name);
  const options = { data: [data], estimator: 'ridge', maxTokens, view: 'head', features, out } as const;
  return { out, ...(await trainRouter(options)) };
}

async function modelsOf(router: string, options: Parameters<typeof Router.load>[1] = {}) {
  await using loaded = await Router.load(router, { lanes: 1, ...options });
  const decisions = await loaded.routeMany([short(99), long(99)], { tolerance: 0 });
  return decisions.map((decision) => (decision.kind === 'routed' ? decision.model : decision.kind));
}

it('a router trained on surface features tells apart what its encoder cannot, and carries them in its manifest', async () => {
  const { out, manifest, test } = await train('everything', everything);
  expect(manifest.encoder).toMatchObject({ dimension: 384, features: everything });
  expect(test?.gapClosed ?? 0).toBeGreaterThan(0.9);
  expect(await modelsOf(out)).toEqual(['brief', 'patient']);
  expect((await evaluateRouter({ router: out, data: [data] })).gapClosed).toBe(test?.gapClosed);
});

it('a router trained on the embedding alone cannot, and neither does it say so when it is older than features', async () => {
  const { out, manifest, test } = await train('alone', ['embedding']);
  expect(manifest.encoder.features).toEqual(['embedding']);
  expect(test?.gapClosed ?? 0).toBeLessThan(0.5);
  const before = await modelsOf(out);
  const path = join(out, 'router.json');
  const { features: _, ...encoder } = manifest.encoder;
  writeFileSync(path, JSON.stringify({ ...manifest, encoder }));
  expect(readFileSync(path, 'utf8')).not.toContain('features');
  expect(await modelsOf(out)).toEqual(before);
});

it('a router of all features runs on an export of its encoder, and not on one without the embedding layer', async () => {
  const { out } = await train('for-onnx', everything);
  const exported = await exportDefaultEncoder();
  expect(await modelsOf(out, { encoder: exported.folder })).toEqual(['brief', 'patient']);
  const model = join(exported.folder, 'onnx', 'model.onnx');
  rmSync(model);
  writeTinyGraph(model);
  const training = trainRouter({
    data: [data],
    out: join(folder.path, 'never'),
    encoder: exported.folder,
    features: everything,
  });
  await expect(training).rejects.toMatchObject({
    code: 'ERR_UNSUPPORTED',
    message:
      `${model} has no output "embedding_output", which the feature "tokens" is made of: export the encoder again with ` +
      '"pointsman export --onnx", or train with "--features embedding,surface"',
  });
  exported.clean();
});

it('a model added later is fitted on the features that the router was trained on', async () => {
  const { out: router } = await train('to-extend', everything);
  const more = join(folder.path, 'more.jsonl');
  const rows = Array.from({ length: 60 }, (_, i) => [
    { prompt: short(i + 200), scores: { added: 0 } },
    { prompt: long(i + 200), scores: { added: 1 } },
  ]).flat();
  writeFileSync(more, rows.map((row) => JSON.stringify(row)).join('\n'));
  const models = join(folder.path, 'added.json');
  writeFileSync(models, JSON.stringify([{ id: 'added', inputPer1M: 1, outputPer1M: 1 }]));
  const out = join(folder.path, 'extended');
  const { manifest, changedDecisions } = await onboardModel({
    router,
    model: 'added',
    data: [more],
    models,
    out,
  });
  expect(manifest.encoder.features).toEqual(everything);
  expect(changedDecisions).toBe(0);
  await using loaded = await Router.load(out, { lanes: 1, deadlineMs: Number.POSITIVE_INFINITY });
  const [brief, patient] = await loaded.routeMany([short(99), long(99)]);
  const qualityOf = (decision: typeof brief) =>
    decision?.kind === 'routed'
      ? decision.candidates.find(({ model }) => model === 'added')?.quality
      : undefined;
  expect(qualityOf(brief)).toBeLessThan(0.3);
  expect(qualityOf(patient)).toBeGreaterThan(0.7);
});

it('rows for training say how wide each feature is, and other features are never taken from the cache', async () => {
  const table = await readRoutingData([data]);
  const found = await findEncoder(null, maxTokens);
  const embed = (features?: readonly FeatureName[]) =>
    embedTable(table, {
      ...found,
      options: features === undefined ? found.options : { ...found.options, features },
    });
  const rows = async (features?: readonly FeatureName[]) => {
    const embedded = await embed(features);
    const { dimension, blocks, embeddings } = labelledRows(table, embedded, [3, 5]);
    return { dimension, blocks, size: embeddings.length };
  };
  const of = (blocks: readonly number[]) => {
    const dimension = blocks.reduce((a, b) => a + b);
    return { dimension, blocks, size: 2 * dimension };
  };
  for (const _ of ['computed', 'cached']) {
    expect(await rows()).toEqual(of([384]));
    expect(await rows(['embedding', 'surface'])).toEqual(of([384, 16]));
    expect(await rows(['embedding', 'surface', 'tokens'])).toEqual(of([384, 16, 384]));
  }
  expect((await embed(['embedding', 'surface'])).fromCache).toBe(true);
  expect((await embed()).fromCache).toBe(true);
});

it.each([[['tokens']], [['embedding', 'words']], [['embedding', 'tokens', 'tokens']], [[]]])(
  'features %j are refused before anything is read',
  async (features) => {
    const training = trainRouter({
      data: ['/nowhere.csv'],
      out: join(folder.path, 'never'),
      features: features as FeatureName[],
    });
    await expect(training).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message:
        `features must begin with "embedding" and name none twice, got "${features.join(',')}"; ` +
        'known: embedding, tokens, surface',
    });
  },
);
