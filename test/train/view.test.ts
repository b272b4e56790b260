import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TextViewName } from '../../bindings/addon.ts';
import { type Decision, Router } from '../../lib/index.ts';
import { evaluateRouter } from '../../lib/train/evaluate-router.ts';
import { trainRouter } from '../../lib/train/train-router.ts';
import { temporaryFolder } from '../support/tiny-router.ts';

const maxTokens = 64;
/** More tokens than the limit, the same before every prompt. */
const examples = Array.from(
  { length: 12 },
  (_, i) => `Q: Is ${i} a number?\nA: Yes, ${i} is a number.\n\n`,
).join('');
const poem = (topic: string) => `${examples}Q: Write a poem about ${topic}.\nA:`;
const code = (topic: string) => `${examples}Q: Write a Python function that sorts a list of ${topic}.\nA:`;

let folder: ReturnType<typeof temporaryFolder>;
let data: string;
beforeAll(() => {
  folder = temporaryFolder();
  process.env.POINTSMAN_CACHE_DIR = join(folder.path, 'cache'); // one for both views
  data = join(folder.path, 'scores.jsonl');
  const rows = Array.from({ length: 60 }, (_, i) => [
    { prompt: poem(`${i} rivers`), scores: { poet: 1, coder: 0 } },
    { prompt: code(`${i} clocks`), scores: { poet: 0, coder: 1 } },
  ]).flat();
  writeFileSync(data, rows.map((row) => JSON.stringify(row)).join('\n'));
  const prices = ['poet', 'coder'].map((id) => ({ id, inputPer1M: 1, outputPer1M: 1 }));
  writeFileSync(join(folder.path, 'models.json'), JSON.stringify(prices));
});
afterAll(() => folder.clean());

async function train(name: string, view?: TextViewName) {
  const out = join(folder.path, name);
  // Surface features see the whole prompt, whatever the view.
  const features = ['embedding', 'tokens'] as const;
  const options = { data: [data], out, estimator: 'ridge', maxTokens, features } as const;
  return { out, ...(await trainRouter(view === undefined ? options : { ...options, view })) };
}

/** What a router makes of a poem and of code that it has not seen. */
async function routeBoth(out: string): Promise<readonly Decision[]> {
  await using router = await Router.load(out, { lanes: 1 });
  return router.routeMany([poem('the winter'), code('birds')], { tolerance: 0 });
}

it('a router trained without naming a view reads the last question of few-shot prompts', async () => {
  const { out, manifest, test } = await train('default');
  expect(manifest.encoder.view).toBe('head-focus-tail');
  expect(test?.gapClosed ?? 0).toBeGreaterThan(0.9);
  expect(await routeBoth(out)).toMatchObject([
    { model: 'poet', inputTokens: { exact: true, encoded: maxTokens } },
    { model: 'coder', inputTokens: { exact: true, encoded: maxTokens } },
  ]);
  expect((await evaluateRouter({ router: out, data: [data] })).gapClosed).toBe(test?.gapClosed);
});

it('a router trained on heads cannot tell them apart, and neither can one of before there were views', async () => {
  const { out, manifest } = await train('heads', 'head');
  expect(manifest.encoder.view).toBe('head');
  const expectAlike = async () => {
    const [first, second] = await routeBoth(out);
    expect(first).toHaveProperty('candidates');
    expect(second).toHaveProperty('quality', first?.kind === 'routed' ? first.quality : null);
  };
  await expectAlike();
  const path = join(out, 'router.json');
  const { view: _, ...encoder } = manifest.encoder;
  writeFileSync(path, JSON.stringify({ ...manifest, encoder }));
  expect(readFileSync(path, 'utf8')).not.toContain('head');
  await expectAlike();
});
