import { describe, expect, it } from 'vitest';
import { Batcher } from '../../lib/batching/batcher.ts';

interface Running {
  readonly items: readonly string[];
  readonly finish: () => void;
  readonly fail: (error: Error) => void;
}

/** A batcher whose batches end when the test says so. */
function controlled(options: { lanes?: number; maxBatchSize?: number; maxQueue?: number } = {}) {
  const running: Running[] = [];
  const batcher = new Batcher<string, string>({
    lanes: options.lanes ?? 1,
    maxBatchSize: options.maxBatchSize ?? 100,
    maxQueue: options.maxQueue ?? 100,
    sizeOf: (item) => item.length,
    run: (items) =>
      new Promise((resolve, reject) => {
        running.push({ items, finish: () => resolve(items.map((item) => item.toUpperCase())), fail: reject });
      }),
  });
  return { batcher, running };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('Batcher', () => {
  it('runs items submitted in one turn as one batch and answers each with its own result', async () => {
    const { batcher, running } = controlled();
    const results = Promise.all([batcher.submit('a', null), batcher.submit('b', null)]);
    await turn();
    expect(running.map(({ items }) => items)).toEqual([['a', 'b']]);
    running[0]?.finish();
    expect((await results).map(({ result }) => result)).toEqual(['A', 'B']);
  });

  it('gathers items while all lanes are busy, then takes them in order up to the size budget', async () => {
    const { batcher, running } = controlled({ maxBatchSize: 4 });
    void batcher.submit('first', null);
    await turn();
    const rest = ['aa', 'bb', 'cc'].map((item) => batcher.submit(item, null));
    await turn();
    expect(running).toHaveLength(1);
    running[0]?.finish();
    await turn();
    expect(running[1]?.items).toEqual(['aa', 'bb']);
    running[1]?.finish();
    await turn();
    expect(running[2]?.items).toEqual(['cc']);
    running[2]?.finish();
    expect((await Promise.all(rest)).map(({ result }) => result)).toEqual(['AA', 'BB', 'CC']);
  });

  it('shares a waiting queue between free lanes', async () => {
    const { batcher, running } = controlled({ lanes: 2 });
    for (const item of ['aa', 'bb', 'cc', 'dd']) void batcher.submit(item, null);
    await turn();
    expect(running.map(({ items }) => items)).toEqual([
      ['aa', 'bb'],
      ['cc', 'dd'],
    ]);
  });

  it('runs an item larger than the budget alone', async () => {
    const { batcher, running } = controlled({ maxBatchSize: 2 });
    void batcher.submit('far too large', null);
    void batcher.submit('b', null);
    await turn();
    expect(running[0]?.items).toEqual(['far too large']);
  });

  it('refuses with ERR_QUEUE_FULL past its limit', async () => {
    const { batcher } = controlled({ maxQueue: 1 });
    void batcher.submit('a', null);
    await expect(batcher.submit('b', null)).rejects.toMatchObject({
      code: 'ERR_QUEUE_FULL',
      message: '1 requests are already waiting: slow down, add lanes or raise maxQueue',
    });
  });

  it('drops a waiting item whose caller aborted, with ERR_ABORTED and the reason of the signal', async () => {
    const { batcher, running } = controlled();
    void batcher.submit('busy', null);
    await turn();
    const controller = new AbortController();
    const left = batcher.submit('left', controller.signal);
    const stayed = batcher.submit('stayed', null);
    controller.abort(new Error('changed my mind'));
    await expect(left).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: new Error('changed my mind') });
    running[0]?.finish();
    await turn();
    expect(running[1]?.items).toEqual(['stayed']);
    running[1]?.finish();
    expect((await stayed).result).toBe('STAYED');
  });

  it('rejects a caller who aborted while the batch ran, and answers the others', async () => {
    const { batcher, running } = controlled();
    const controller = new AbortController();
    const left = batcher.submit('left', controller.signal);
    const stayed = batcher.submit('stayed', null);
    await turn();
    controller.abort(new Error('too late'));
    running[0]?.finish();
    await expect(left).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect((await stayed).result).toBe('STAYED');
  });

  it('rejects every item of a failed batch and goes on with the next', async () => {
    const { batcher, running } = controlled();
    const failed = Promise.allSettled([batcher.submit('a', null), batcher.submit('b', null)]);
    await turn();
    running[0]?.fail(new Error('lane died'));
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const next = batcher.submit('c', null);
    await turn();
    running[1]?.finish();
    expect((await next).result).toBe('C');
  });

  it('finishes waiting items on close and refuses new ones', async () => {
    const { batcher, running } = controlled();
    const submitted = batcher.submit('a', null);
    const closed = batcher.close();
    await expect(batcher.submit('b', null)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await turn();
    running[0]?.finish();
    expect((await submitted).result).toBe('A');
    await closed;
    await batcher.close();
  });
});
