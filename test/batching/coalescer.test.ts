import { describe, expect, it } from 'vitest';
import { LaneMeter } from '../../lib/batching/lane-meter.ts';
import { controlled, elapse, names, sized, turn } from './support.ts';

describe('Coalescer', () => {
  it('computes a prompt once for all who ask for it while it waits or runs', async () => {
    const { batches, request } = controlled();
    const waiting = [request('same'), request('same')];
    await turn();
    const running = request('same');
    batches[0]?.finish();
    expect(await Promise.all([...waiting, running])).toMatchObject([
      { result: 'SAME', shared: false },
      { result: 'SAME', shared: true },
      { result: 'SAME', shared: true },
    ]);
    expect(batches.map(({ prompts }) => prompts)).toEqual([['same']]);
  });

  it('computes it anew for who asks after the answer', async () => {
    const { batches, request } = controlled();
    void request('same');
    await turn();
    batches[0]?.finish();
    await turn();
    void request('same');
    await turn();
    expect(batches).toHaveLength(2);
  });

  it('drops one caller and answers the others', async () => {
    const { batches, request } = controlled();
    const controller = new AbortController();
    const left = request('same', { signal: controller.signal });
    const stayed = request('same');
    await turn();
    controller.abort(new Error('changed my mind'));
    await expect(left).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: new Error('changed my mind') });
    batches[0]?.finish();
    expect((await stayed).result).toBe('SAME');
  });

  it('drops a waiting computation once all its callers have left', async () => {
    const { batcher, batches, request } = controlled();
    void request('busy');
    await turn();
    const controllers = [new AbortController(), new AbortController()];
    const left = Promise.allSettled(controllers.map(({ signal }) => request('left', { signal })));
    controllers[0]?.abort();
    expect(batcher.load.waiting).toBe(1);
    controllers[1]?.abort();
    expect(batcher.load.waiting).toBe(0);
    expect((await left).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    batches[0]?.finish();
    await turn();
    expect(batches).toHaveLength(1);
  });

  it('lets a newcomer join a computation whose callers have all left', async () => {
    const { batches, request } = controlled();
    const controller = new AbortController();
    const left = request('same', { signal: controller.signal });
    await turn();
    controller.abort();
    await expect(left).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    const joined = request('same');
    batches[0]?.finish();
    expect(await joined).toMatchObject({ result: 'SAME', shared: true });
  });

  it('fails all callers of a computation that failed', async () => {
    const { batches, request } = controlled();
    const settled = Promise.allSettled([request('same'), request('same')]);
    await turn();
    batches[0]?.fail(new Error('no'));
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('takes a signal that is aborted already for an aborted request', async () => {
    const { request } = controlled();
    await expect(request('x', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
  });

  it('adds one listener to a signal that many requests share, and takes it away again', async () => {
    const { batches, request } = controlled();
    const { signal } = new AbortController();
    let listeners = 0;
    const counted = new Proxy(signal, {
      get(target, name) {
        if (name === 'addEventListener') listeners += 1;
        if (name === 'removeEventListener') listeners -= 1;
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const results = Promise.all(['a', 'b', 'c'].map((prompt) => request(prompt, { signal: counted })));
    expect(listeners).toBe(1);
    await turn();
    batches[0]?.finish();
    await results;
    expect(listeners).toBe(0);
  });
});

/** Lets the meter learn that a batch takes about `ms`. */
async function measured(ms: number) {
  const parts = controlled({ meter: new LaneMeter() });
  for (let batch = 0; batch < 3; batch++) {
    const done = parts.request(sized(`sample ${batch}`, 200));
    await turn();
    await elapse(ms);
    parts.batches[batch]?.finish();
    await done;
  }
  return parts;
}

describe('a deadline', () => {
  it('refuses nothing before anything was measured', async () => {
    const { batches, request } = controlled();
    const result = request(sized('first', 250), { deadlineMs: 1000 });
    await turn();
    batches[0]?.finish();
    expect(await result).toMatchObject({ shared: false });
  });

  it('refuses at once where the work ahead takes longer', async () => {
    const { batches, request } = await measured(30);
    for (let index = 0; index < 10; index++)
      void request(sized(`ahead ${index}`, 200), { deadlineMs: 60_000 });
    await expect(request(sized('late', 200), { deadlineMs: 100 })).rejects.toMatchObject({
      code: 'ERR_DEADLINE',
      message: expect.stringMatching(
        /^an answer would take about \d+ ms, deadlineMs is 100: 10 requests are waiting$/,
      ),
    });
    await turn();
    batches[3]?.finish();
  });

  // By the clock, and a loaded machine may hold up timers for longer than the margin.
  it('gives up on a waiting prompt while there is still time, since there is too little to compute it', {
    retry: 3,
  }, async () => {
    const { batcher, request } = await measured(40);
    void request(sized('busy', 200)).catch(() => {});
    await turn();
    const start = performance.now();
    await expect(request(sized('waits', 200), { deadlineMs: 150 })).rejects.toMatchObject({
      code: 'ERR_DEADLINE',
      message: 'no answer within deadlineMs 150: it was still waiting for a lane',
    });
    expect(performance.now() - start).toBeLessThan(140);
    expect(batcher.load.waiting).toBe(0);
  });

  it('answers at the deadline where a lane has it, and not later', async () => {
    const { request } = controlled();
    const start = performance.now();
    await expect(request('x', { deadlineMs: 50 })).rejects.toMatchObject({
      code: 'ERR_DEADLINE',
      message: 'no answer within deadlineMs 50: its lane had not answered yet',
    });
    const tookMs = performance.now() - start;
    expect(tookMs).toBeGreaterThanOrEqual(44); // a tenth of the deadline is kept for the way back
  });

  it("is each caller's own", async () => {
    const { batches, request } = controlled();
    const hurried = request('same', { deadlineMs: 20 });
    const patient = request('same', { deadlineMs: Number.POSITIVE_INFINITY });
    await expect(hurried).rejects.toMatchObject({ code: 'ERR_DEADLINE' });
    batches[0]?.finish();
    expect((await patient).result).toBe('SAME');
  });

  it('gives a prompt that waited without one a place among those that have one', async () => {
    const { batches, request } = controlled();
    void request('busy');
    await turn();
    for (const name of ['a', 'b', 'c'])
      void request(sized(name, 100), { deadlineMs: Number.POSITIVE_INFINITY });
    void request(sized('c', 100));
    await turn();
    batches[0]?.finish();
    await turn();
    expect(names(batches[1])).toEqual(['a', 'c']);
  });

  it('is not held against prompts when lanes have been idle, since the measurement may be out of date', async () => {
    const { batches, request } = await measured(60);
    await elapse(1050);
    const result = request(sized('probe', 200), { deadlineMs: 30 });
    await turn();
    batches[3]?.finish();
    expect((await result).result).toContain('PROBE');
  });
});
