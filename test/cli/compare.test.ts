import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/tiny-router.ts';
import { pointsman } from './run.ts';

let folder: ReturnType<typeof temporaryFolder>;
let data: string;
const inFolder = (name: string) => join(folder.path, name);

function train(out: string, ...more: readonly string[]): void {
  const { status, stderr } = pointsman(['train', '--data', data, '--out', inFolder(out), ...more]);
  if (status !== 0) throw new Error(stderr);
}

beforeAll(() => {
  folder = temporaryFolder();
  data = inFolder('scores.csv');
  const rows = Array.from(
    { length: 120 },
    (_, i) => `Question ${i} of ${i % 7},${i % 2},${(i + 1) % 2},${i % 3 === 0 ? 1 : 0},0.001,0.002,0.004`,
  );
  writeFileSync(data, `prompt,odd,even,third,cost:odd,cost:even,cost:third\n${rows.join('\n')}\n`);
  const two = rows.map((row) => row.split(',').filter((_, column) => column !== 3 && column !== 6));
  writeFileSync(
    inFolder('two.csv'),
    `prompt,odd,even,cost:odd,cost:even\n${two.map((row) => row.join(',')).join('\n')}\n`,
  );
  train('ridge', '--estimator', 'ridge');
  train('knn', '--estimator', 'knn');
  train('other-seed', '--estimator', 'ridge', '--seed', '5');
});
afterAll(() => folder.clean());

describe('pointsman compare', () => {
  const compareArgs = (...routers: readonly string[]) => [
    ...['compare', '--router', ...routers.map(inFolder)],
    ...['--data', data, '--resamples', '50'],
  ];

  it('puts routers beside each other with differences to the first, as text, JSON and CSV', () => {
    const csv = inFolder('figures.csv');
    const { status, stdout, stderr } = pointsman([...compareArgs('ridge', 'knn'), '--csv', csv]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/gap closed +ridge .*\n +knn /);
    expect(stdout).toContain('minus ridge');
    const lines = readFileSync(csv, 'utf8').trim().split('\r\n');
    expect(lines[0]).toBe(
      'figure,label,unit,better,router,value,low,high,difference,differenceLow,differenceHigh',
    );
    expect(lines.filter((line) => /^mae,MAE,error,lower,(ridge|knn),/.test(line))).toHaveLength(2);
    const { routers } = JSON.parse(pointsman([...compareArgs('ridge', 'knn'), '--json']).stdout);
    expect(routers[0]).toMatchObject({ name: 'ridge', differences: null });
    expect(routers[1].differences.mae).toEqual({
      value: routers[1].evaluation.figures.mae.value - routers[0].evaluation.figures.mae.value,
      interval: [expect.any(Number), expect.any(Number)],
    });
  });

  it('compares on the rows that no router was trained on, and says how many those are', () => {
    const { stdout } = pointsman([...compareArgs('ridge', 'other-seed'), '--json']);
    const { rows, notes, routers } = JSON.parse(stdout);
    expect(rows).toBeGreaterThan(0);
    expect(notes).toEqual([
      expect.stringMatching(new RegExp(`^${rows} rows may be used with every router, of up to [0-9]+$`)),
    ]);
    expect(routers[0].evaluation.csrChosenOn).toBe('validation');
  });

  it('compares on the models that all routers know', () => {
    const { status, stderr } = pointsman([
      ...['train', '--data', inFolder('two.csv'), '--estimator', 'ridge', '--out', inFolder('two')],
    ]);
    expect([status, stderr]).toEqual([0, '']);
    const { models, notes } = JSON.parse(
      pointsman([...compareArgs('ridge', 'two'), '--rows', 'all', '--json']).stdout,
    );
    expect(models).toEqual(['odd', 'even']);
    expect(notes).toContain('not known to every router or not in the data, left out: third');
  });

  it.each([
    [['ridge'], 2, /ERR_INVALID_ARGUMENT: compare: expected two or more routers, got 1/],
    [['ridge', 'none'], 1, /ERR_FILE_NOT_FOUND: router file .*none/],
  ])('refuses %j', (routers, expected, message) => {
    const { status, stderr } = pointsman(compareArgs(...routers));
    expect(stderr).toMatch(message);
    expect(status).toBe(expected);
  });
});

describe('pointsman eval --csv', () => {
  it('writes every figure, and prints the result even where that fails', () => {
    const evalArgs = ['eval', '--router', inFolder('ridge'), '--data', data, '--resamples', '20'];
    const csv = inFolder('one.csv');
    expect(pointsman([...evalArgs, '--csv', csv]).status).toBe(0);
    expect(readFileSync(csv, 'utf8')).toMatch(
      /^gapClosed,gap closed,share,higher,[-0-9.e]+,[-0-9.e]+,[-0-9.e]+\r$/m,
    );
    const failed = pointsman([...evalArgs, '--csv', inFolder('scores.csv/one.csv')]);
    expect(failed.status).toBe(1);
    expect(failed.stderr).toMatch(/^pointsman: ERR_IO: cannot write /);
    expect(failed.stdout).toContain('zero router');
  });
});

describe('--html', () => {
  it.each([
    ['eval', ['ridge'], 'ridge on '],
    ['compare', ['ridge', 'knn'], 'ridge, knn on '],
  ])('of %s writes one page in place of an older one', (command, routers, title) => {
    const html = inFolder(`${command}.html`);
    writeFileSync(html, 'old');
    const { status, stderr } = pointsman([
      ...[command, '--router', ...routers.map(inFolder), '--data', data],
      ...['--resamples', '20', '--html', html],
    ]);
    expect([status, stderr]).toEqual([0, '']);
    const page = readFileSync(html, 'utf8');
    expect(page).toContain(`<title>${title}`);
    expect(page).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    expect(readdirSync(folder.path).filter((name) => name.includes('.tmp-'))).toEqual([]);
  });
});
