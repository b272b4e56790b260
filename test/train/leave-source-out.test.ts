import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateRouter } from '../../lib/train/evaluate-router.ts';
import { trainRouter } from '../../lib/train/train-router.ts';
import { Random } from '../support/random.ts';
import { temporaryFolder } from '../support/tiny-router.ts';

let folder: ReturnType<typeof temporaryFolder>;
const inFolder = (name: string) => join(folder.path, name);

/** On every source `poet` is right about poems and `coder` about code: what one source teaches holds on the others. */
function rowsOf(source: string, count: number, random: Random): string[] {
  return Array.from({ length: count }, (_, index) => {
    const isPoem = index % 2 === 0;
    const prompt = isPoem
      ? `Write a poem about ${source}, number ${index}.`
      : `Write a Python function on ${source}, number ${index}.`;
    const right = random.below(20) > 0 ? 1 : 0;
    const scores = {
      poet: isPoem ? right : 0,
      coder: isPoem ? 0 : right,
      both: random.below(20) > 0 ? 1 : 0,
    };
    const cost = { poet: 0.001, coder: 0.001, both: 0.02 };
    return JSON.stringify({ prompt, source, scores, cost });
  });
}

beforeAll(async () => {
  folder = temporaryFolder();
  process.env.POINTSMAN_CACHE_DIR = inFolder('cache');
  const random = new Random(5);
  const rows = ['the sea', 'birds', 'clocks'].flatMap((source) => rowsOf(source, 90, random));
  // "lonely" was run on one source only.
  const withLonely = rows.map((row) => {
    const parsed = JSON.parse(row);
    if (parsed.source !== 'clocks') return row;
    return JSON.stringify({
      ...parsed,
      scores: { ...parsed.scores, lonely: 1 },
      cost: { ...parsed.cost, lonely: 0.005 },
    });
  });
  writeFileSync(inFolder('rows.jsonl'), withLonely.join('\n'));
  writeFileSync(inFolder('one.jsonl'), rows.slice(0, 90).join('\n'));
  await trainRouter({ data: [inFolder('rows.jsonl')], out: inFolder('router'), estimator: 'ridge' });
});
afterAll(() => folder.clean());

describe('leaving sources out', () => {
  const evaluateOn = (data: string, stages: string[] = []) =>
    evaluateRouter({
      router: inFolder('router'),
      data: [inFolder(data)],
      leaveSourceOut: true,
      resamples: 50,
      onProgress: ({ stage }) => stages.push(stage),
    });

  it('trains the router anew for each source, on the others only, and reports each with their mean', async () => {
    const { leftOut, gapClosed } = await evaluateOn('rows.jsonl');
    expect(leftOut?.estimator).toBe('ridge');
    expect(leftOut?.sources.map(({ source, rows }) => [source, rows])).toEqual([
      ['the sea', 90],
      ['birds', 90],
      ['clocks', 90],
    ]);
    expect(leftOut?.sources.map(({ trainingRows }) => trainingRows)).toEqual([180, 180, 180]);
    // poems and code are told apart on sources never seen
    expect(gapClosed).toBeGreaterThan(0.5);
    expect(leftOut?.means.gapClosed.value).toBeGreaterThan(0.5);
    expect(leftOut?.means.areaOverZero.interval?.[0]).toBeGreaterThan(0);
  });

  it('leaves a model out that was run on the left-out source only', async () => {
    const { leftOut } = await evaluateOn('rows.jsonl');
    const models = leftOut?.sources.map(({ models: used }) => used);
    expect(models?.[0]).toContain('lonely');
    expect(models?.[2]).toEqual(['poet', 'coder', 'both']);
  });

  it('does not without being asked, and refuses data of one source', async () => {
    const plain = await evaluateRouter({
      router: inFolder('router'),
      data: [inFolder('rows.jsonl')],
      resamples: 0,
    });
    expect(plain.leftOut).toBeNull();
    await expect(evaluateOn('one.jsonl')).rejects.toMatchObject({
      code: 'ERR_INVALID_DATA',
      message: 'leave-source-out: expected rows of two or more sources, got 1 ("the sea")',
    });
  });

  it('stops before the next source where the caller does', async () => {
    const controller = new AbortController();
    await expect(
      evaluateRouter({
        router: inFolder('router'),
        data: [inFolder('rows.jsonl')],
        leaveSourceOut: true,
        resamples: 0,
        signal: controller.signal,
        onProgress: ({ stage, done }) => {
          if (stage === 'leaving sources out' && done === 1) controller.abort(new Error('enough'));
        },
      }),
    ).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });
});
