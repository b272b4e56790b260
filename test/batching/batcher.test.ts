import { describe, expect, it } from 'vitest';
import { PointsmanError } from '../../lib/errors.ts';
import { controlled, names, sized, turn } from './support.ts';

const laneDied = () => new PointsmanError('ERR_LANE_FAILED', 'a worker lane died');

describe('Batcher', () => {
  it('runs prompts submitted in one turn as one batch and answers each with its own result', async () => {
    const { batches, request } = controlled();
    const results = Promise.all([request('a'), request('b')]);
    await turn();
    expect(batches.map(({ prompts }) => prompts)).toEqual([['a', 'b']]);
    batches[0]?.finish();
    expect((await results).map(({ result }) => result)).toEqual(['A', 'B']);
  });

  it('gathers prompts while all lanes are busy, then takes them in order up to the token budget', async () => {
    const { batches, request } = controlled();
    void request('first');
    await turn();
    for (const name of ['aa', 'bb', 'cc']) void request(sized(name, 100));
    await turn();
    expect(batches).toHaveLength(1);
    batches[0]?.finish();
    await turn();
    expect(names(batches[1])).toEqual(['aa', 'bb']);
    batches[1]?.finish();
    await turn();
    expect(names(batches[2])).toEqual(['cc']);
  });

  it('shares a waiting queue between free lanes', async () => {
    const { batches, request } = controlled({ lanes: 2 });
    for (const prompt of ['aa', 'bb', 'cc', 'dd']) void request(prompt);
    await turn();
    expect(batches.map(({ prompts }) => prompts)).toEqual([
      ['aa', 'bb'],
      ['cc', 'dd'],
    ]);
  });

  it('runs a prompt larger than the budget alone', async () => {
    const { batches, request } = controlled();
    void request(sized('far too large', 1000));
    void request('b');
    await turn();
    batches[0]?.finish();
    await turn();
    expect(batches.map(names)).toEqual([['far too large'], ['b']]);
  });

  it('refuses with ERR_QUEUE_FULL past its limit, and says the numbers', async () => {
    const { request } = controlled({ maxQueue: 1 });
    void request('a');
    await expect(request('b')).rejects.toMatchObject({
      code: 'ERR_QUEUE_FULL',
      message:
        '1 requests are already waiting for 1 lanes and maxQueue is 1: slow down, add lanes or raise maxQueue',
    });
  });

  it('finishes waiting prompts on close and refuses new ones', async () => {
    const { batcher, batches, request } = controlled();
    const submitted = request('a');
    const closed = batcher.close();
    await expect(request('b')).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await turn();
    batches[0]?.finish();
    expect((await submitted).result).toBe('A');
    await closed;
    await batcher.close();
  });

  it('rejects every prompt of a batch that failed for a reason of its own, and goes on with the next', async () => {
    const { batches, request } = controlled();
    const failed = Promise.allSettled([request('a'), request('b')]);
    await turn();
    batches[0]?.fail(new Error('bad weights'));
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const next = request('c');
    await turn();
    batches[1]?.finish();
    expect((await next).result).toBe('C');
  });

  it('leaves the queue as it was where 10,000 waiting callers abort at once', async () => {
    const { batcher, request } = controlled({ maxQueue: 20_000 });
    void request('busy');
    await turn();
    const controller = new AbortController();
    const left = Array.from({ length: 10_000 }, (_, index) =>
      request(`left ${index}`, { signal: controller.signal }).catch(() => 'gone'),
    );
    void request('stays');
    await turn();
    controller.abort();
    expect(new Set(await Promise.all(left))).toEqual(new Set(['gone']));
    expect(batcher.load).toMatchObject({ waiting: 1, waitingTokens: 'stays'.length });
  });
});

describe('the order of batches', () => {
  it('lets short prompts pass a long one that does not fit, which then leads the next batch', async () => {
    const { batches, request } = controlled({ lanes: 2 });
    void request(sized('busy', 10));
    void request(sized('too', 10));
    await turn();
    for (const name of ['a', 'long', 'b']) void request(sized(name, name === 'long' ? 250 : 100));
    await turn();
    batches[0]?.finish();
    await turn();
    expect(names(batches[2])).toEqual(['a', 'b']);
    batches[1]?.finish();
    await turn();
    expect(names(batches[3])).toEqual(['long']);
  });

  it('keeps one of two lanes for short prompts, however many long ones came first', async () => {
    const { batches, request } = controlled({ lanes: 2 });
    for (let index = 0; index < 10; index++) void request(sized(`long ${index}`, 300));
    void request('short');
    await turn();
    expect(batches.map(names)).toEqual([['long 0'], ['short']]);
  });

  it('takes long and short in turn where there is one lane', async () => {
    const { batches, request } = controlled();
    for (let index = 0; index < 3; index++) void request(sized(`long ${index}`, 300));
    for (let index = 0; index < 3; index++) void request(sized(`short ${index}`, 120));
    await turn();
    for (let batch = 0; batch < 4; batch++) {
      batches[batch]?.finish();
      await turn();
    }
    expect(batches.map(names)).toEqual([
      ['long 0'],
      ['short 0', 'short 1'],
      ['long 1'],
      ['short 2'],
      ['long 2'],
    ]);
  });

  it('does not let a stream of short prompts starve a long one', async () => {
    const { batches, request } = controlled();
    void request('busy');
    await turn();
    void request(sized('short', 200));
    void request(sized('long', 300));
    for (let batch = 0; batch < 2; batch++) {
      for (let index = 0; index < 20; index++) void request(sized(`late ${batch} ${index}`, 120));
      batches[batch]?.finish();
      await turn();
    }
    batches[2]?.finish();
    await turn();
    expect(batches.slice(1, 4).map((batch) => names(batch)?.[0])).toContain('long');
  });

  it('lets requests with a deadline pass those that have none', async () => {
    const { batches, request } = controlled();
    void request('busy', { deadlineMs: Number.POSITIVE_INFINITY });
    await turn();
    for (let index = 0; index < 5; index++) {
      void request(sized(`patient ${index}`, 100), { deadlineMs: Number.POSITIVE_INFINITY });
    }
    void request(sized('urgent', 100));
    await turn();
    batches[0]?.finish();
    await turn();
    expect(names(batches[1])).toEqual(['urgent', 'patient 0']);
  });
});

describe('a batch whose lane died', () => {
  it('is run once more, one prompt at a time', async () => {
    const { batches, request } = controlled();
    const results = Promise.all([request('a'), request('b')]);
    await turn();
    batches[0]?.fail(laneDied());
    await turn();
    batches[1]?.finish();
    await turn();
    batches[2]?.finish();
    expect((await results).map(({ result }) => result)).toEqual(['A', 'B']);
    expect(batches.map(({ prompts }) => prompts)).toEqual([['a', 'b'], ['a'], ['b']]);
  });

  it('fails only the prompt that kills a second lane, which gets no third', async () => {
    const { batches, request } = controlled();
    const settled = Promise.allSettled([request('poison'), request('fine')]);
    await turn();
    batches[0]?.fail(laneDied());
    await turn();
    batches[1]?.fail(laneDied());
    await turn();
    batches[2]?.finish();
    expect(await settled).toMatchObject([
      { status: 'rejected', reason: { code: 'ERR_LANE_FAILED' } },
      { status: 'fulfilled', value: { result: 'FINE' } },
    ]);
    await turn();
    expect(batches).toHaveLength(3);
  });

  it('is not run again for a caller who has left', async () => {
    const { batches, request } = controlled();
    const controller = new AbortController();
    const left = request('left', { signal: controller.signal });
    await turn();
    controller.abort();
    await expect(left).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    batches[0]?.fail(laneDied());
    await turn();
    expect(batches).toHaveLength(1);
  });

  it('is run again before close ends', async () => {
    const { batcher, batches, request } = controlled();
    const result = request('a');
    await turn();
    const closed = batcher.close();
    batches[0]?.fail(laneDied());
    await turn();
    batches[1]?.finish();
    expect((await result).result).toBe('A');
    await closed;
  });
});
