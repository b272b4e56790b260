import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/tiny-router.ts';
import { pointsman } from './run.ts';

let folder: ReturnType<typeof temporaryFolder>;
let data: string;
beforeAll(() => {
  folder = temporaryFolder();
  data = join(folder.path, 'scores.csv');
  const rows = Array.from(
    { length: 90 },
    (_, i) => `Question ${i} of ${i % 7},${i % 2},${(i + 1) % 2},0.001,0.002`,
  );
  writeFileSync(data, `prompt,odd,even,cost:odd,cost:even\n${rows.join('\n')}\n`);
  writeFileSync(join(folder.path, 'broken.csv'), 'prompt,odd,even\nWhat?,1,NaN\n');
  writeFileSync(join(folder.path, 'twice.csv'), 'prompt,odd,odd\nWhat?,1,0\n');
  writeFileSync(join(folder.path, 'wordy.csv'), 'prompt,odd,note\nWhat?,1,an easy one\n');
});
afterAll(() => folder.clean());

const trainArgs = (out: string) => [
  'train',
  '--data',
  data,
  '--out',
  join(folder.path, out),
  '--estimator',
  'ridge',
];

describe('pointsman train', () => {
  it('writes a router, reports on rows kept aside beside the controls, and records its own command line', () => {
    const { status, stdout } = pointsman([...trainArgs('router'), '--no-cache']);
    expect(status).toBe(0);
    expect(stdout).toContain('ridge over 2 models');
    expect(stdout).toMatch(/always cheapest: odd .*always best: .*zero router/s);
    expect(stdout).toMatch(/^ECE.*\ntop-1.*\ncoverage of 90 % intervals +\d+\.\d %/m);
    const manifest = JSON.parse(pointsman([...trainArgs('router'), '--json']).stdout).manifest;
    expect(manifest.command).toMatch(/^pointsman train --data /);
    expect(manifest.models[0].cost).toEqual({
      kind: 'per-request',
      meanUsd: expect.closeTo(0.001, 8),
      predictedNanoUsd: expect.objectContaining({ mean: expect.closeTo(1, 3) }),
    });
  });

  it('compares all kinds with auto, and prints why it took one', { timeout: 300_000 }, () => {
    const args = trainArgs('auto').map((arg) => (arg === 'ridge' ? 'auto' : arg));
    const { status, stdout } = pointsman(args);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^5 folds of \d+ training rows; chosen: the simplest kind /);
    const chosen = /^(\w+) .* chosen$/m.exec(stdout)?.[1];
    expect(stdout).toContain(`${chosen} over 2 models, written to `);
  });

  it('takes the features to predict from as a list, and tells which it knows where one is misspelt', () => {
    const trained = pointsman([...trainArgs('features'), '--features', 'embedding,surface', '--json']);
    expect(JSON.parse(trained.stdout).manifest.encoder.features).toEqual(['embedding', 'surface']);
    const inspected = pointsman(['inspect', '--router', join(folder.path, 'features')]).stdout;
    expect(inspected).toContain('features: embedding, surface\n');
    const { status, stderr } = pointsman([...trainArgs('never'), '--features', 'embedding,surfaces']);
    expect(stderr).toContain(
      'ERR_INVALID_ARGUMENT: features must begin with "embedding" and name none twice, got "embedding,surfaces"; ' +
        'known: embedding, tokens, surface',
    );
    expect(status).toBe(2);
  });

  it('ends with ERR_IO on a full disk and leaves neither a router nor a temporary folder', () => {
    // A limit on file size makes every write past it fail half-way, as a full disk does.
    const { status, stderr } = pointsman([...trainArgs('full'), '--no-cache'], { limits: 'ulimit -f 1' });
    expect(stderr).toMatch(/^pointsman: ERR_IO: cannot write .*full: EFBIG/m);
    expect(status).toBe(1);
    expect(readdirSync(folder.path).filter((name) => name.startsWith('full'))).toEqual([]);
  });

  it.each([
    ['a NaN score', 'broken.csv', /ERR_INVALID_DATA: .*broken\.csv, row 1: column "even"/],
    ['a model twice', 'twice.csv', /ERR_INVALID_DATA: .*twice\.csv.*"odd"/],
    ['a column that is not numeric', 'wordy.csv', /ERR_INVALID_DATA: .*wordy\.csv, row 1: column "note"/],
    ['a file that is not there', 'none.csv', /ERR_FILE_NOT_FOUND: .*none\.csv/],
  ])('refuses %s and says where', (_, file, message) => {
    const out = join(folder.path, 'refused');
    const { status, stderr } = pointsman(['train', '--data', join(folder.path, file), '--out', out]);
    expect(stderr).toMatch(message);
    expect(status).toBe(1);
  });
});

describe('pointsman eval', () => {
  it('prints the figures of the evaluation as JSON', () => {
    pointsman(trainArgs('evaluated'));
    const evaluated = pointsman([
      'eval',
      '--router',
      join(folder.path, 'evaluated'),
      '--data',
      data,
      '--json',
    ]);
    expect(evaluated.status).toBe(0);
    const number = expect.any(Number);
    expect(JSON.parse(evaluated.stdout)).toMatchObject({
      rows: number,
      models: ['odd', 'even'],
      controls: {
        cheapest: { model: 'odd', quality: number, costUsd: expect.closeTo(0.001, 8) },
        best: { quality: number, costUsd: number },
        random: { quality: number, costUsd: number },
        zero: { area: number },
        sourcePrior: null, // the data tells no sources
        oracle: { quality: 1, costUsd: number, area: number },
      },
      area: number,
      csr: expect.objectContaining({ '0.99': expect.any(Number) }),
      prediction: { mae: number, brier: number, ece: number },
      curve: expect.arrayContaining([
        { policy: 'utility', setting: 0, quality: number, costUsd: number, shares: [number, number] },
      ]),
      figures: {
        gapClosed: { unit: 'share', better: 'higher', value: number, interval: [number, number] },
        'csr@0.95.kept': { value: number },
        coverage: { label: 'coverage of 90 % intervals' },
        apgrOfLength: { label: expect.stringContaining('length') },
      },
      bootstrap: { resamples: 1000, seed: 0 },
    });
  });
});
