import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, writeTinyRouter } from '../support/tiny-router.ts';
import { pointsman } from './run.ts';

let folder: ReturnType<typeof temporaryFolder>;
const at = (name: string) => join(folder.path, name);
beforeAll(async () => {
  folder = temporaryFolder();
  await writeTinyRouter(at('router'));
  const rows = Array.from({ length: 30 }, (_, i) => `Question ${i} of ${i % 7},${i % 2},0.003`);
  writeFileSync(at('rows.csv'), `prompt,huge,cost:huge\n${rows.join('\n')}\n`);
});
afterAll(() => folder.clean());

const args = (...more: string[]) => [
  ...['onboard', '--router', at('router'), '--model', 'huge', '--data', at('rows.csv'), '--no-cache'],
  ...more,
];

describe('pointsman onboard', () => {
  it('writes a router with one more model and says how well it is predicted', () => {
    const { status, stdout } = pointsman(args('--out', at('larger')));
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^huge added to 3 models, written to .*larger\n30 prompts; predicted from .* too few prompts to try an adapter\n/,
    );
    expect(stdout).toMatch(/ MAE +Brier\n *huge .*\n *its mean for every prompt .*\n *nearest old model, /);
    expect(stdout).toContain('decisions among the old models changed: 0 % of 30 prompts');
    const routed = pointsman(['route', '--router', at('larger'), '--json', 'What is 2 + 2?']);
    const { candidates } = JSON.parse(routed.stdout);
    expect(candidates.map(({ model }: { readonly model: string }) => model)).toEqual([
      ...['small', 'medium', 'large', 'huge'],
    ]);
  });

  it('prints the manifest and the figures as JSON, its own command line among them', () => {
    const { stdout } = pointsman(args('--out', at('json'), '--json', '--seed', '3'));
    const { manifest, ...figures } = JSON.parse(stdout);
    expect(manifest.command).toMatch(/^pointsman onboard --router /);
    expect(manifest.onboarded).toMatchObject([{ model: 'huge', rows: 30, seed: 3 }]);
    expect(manifest.models.at(-1).cost).toEqual({ kind: 'per-request', meanUsd: expect.closeTo(0.003, 8) });
    expect(figures).toMatchObject({ rows: 30, changedDecisions: 0, adapterShare: null });
  });

  it('is called wrongly with a model that the data lacks, and says so', () => {
    const wrong = ['onboard', '--router', at('router'), '--model', 'hug', '--data', at('rows.csv')];
    const { status, stderr } = pointsman([...wrong, '--out', at('wrong')]);
    expect(status).toBe(2);
    expect(stderr).toBe(
      'pointsman: ERR_UNKNOWN_MODEL: the data has no scores of "hug", did you mean "huge"?; it scores huge\n',
    );
  });
});
