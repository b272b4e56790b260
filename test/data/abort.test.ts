import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { readRoutingData } from '../../lib/data/read.ts';
import { compareRouters } from '../../lib/train/compare-routers.ts';
import { evaluateRouter } from '../../lib/train/evaluate-router.ts';
import { trainRouter } from '../../lib/train/train-router.ts';
import { temporaryFiles } from './support.ts';

const write = temporaryFiles();
const jsonl = '{"prompt":"one","scores":{"m":1}}\n';
const csv = 'prompt,m\none,1\n';
const parquet = new Uint8Array(
  parquetWriteBuffer({
    columnData: [
      { name: 'prompt', data: ['one'], type: 'STRING' },
      { name: 'm', data: [1], type: 'DOUBLE' },
    ],
  }),
);

/** Whatever a caller aborts with, among them errors that a reader could take for one of the data. */
const reasons: readonly (readonly [what: string, reason: unknown])[] = [
  ['no reason', undefined],
  ['an error', new Error('the user left')],
  ['a TypeError', new TypeError('no longer wanted')],
  ['a timeout', new DOMException('too slow', 'TimeoutError')],
  ['text', 'enough'],
];

describe('an aborted signal ends reading with ERR_ABORTED', () => {
  for (const [name, content] of [
    ['a.jsonl', jsonl],
    ['a.jsonl.gz', gzipSync(jsonl)],
    ['a.csv', csv],
    ['a.csv.gz', gzipSync(csv)],
    ['a.parquet', parquet],
  ] as const) {
    for (const [what, reason] of reasons) {
      test(`${name}, aborted with ${what}`, async () => {
        const path = write(name, content);
        const signal = AbortSignal.abort(reason);
        const expected = {
          code: 'ERR_ABORTED',
          message: `${path}: reading was aborted`,
          cause: signal.reason,
        };
        await expect(readRoutingData([path], { signal })).rejects.toMatchObject(expected);
      });
    }
  }

  test('half-way through a file too', async () => {
    const path = write('long.jsonl', jsonl.repeat(40_000));
    const controller = new AbortController();
    const reading = readRoutingData([path], {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('seen enough')),
    });
    await expect(reading).rejects.toMatchObject({
      code: 'ERR_ABORTED',
      cause: { message: 'seen enough' },
    });
  });

  test('of a training, an evaluation and a comparison', async () => {
    const data = [write('b.jsonl', jsonl)];
    const signal = AbortSignal.abort(new Error('the user left'));
    const expected = { code: 'ERR_ABORTED', cause: signal.reason };
    await expect(trainRouter({ data, out: 'never', signal })).rejects.toMatchObject(expected);
    await expect(evaluateRouter({ data, router: 'never', signal })).rejects.toMatchObject(expected);
    const compared = compareRouters({ data, routers: ['never', 'ever'], signal });
    await expect(compared).rejects.toMatchObject(expected);
  });
});
