import { describe, expect, it } from 'vitest';
import { Alarm } from '../../lib/batching/alarm.ts';
import { Random } from '../support/random.ts';
import { elapse } from './support.ts';

describe('Alarm', () => {
  it('calls back in order of time, whatever the order of setting and cancelling', async () => {
    const rung: number[] = [];
    const alarm = new Alarm<number>((item) => rung.push(item));
    const random = new Random(1);
    const start = performance.now();
    const times = Array.from({ length: 500 }, () => start + random.below(40));
    for (const [item, at] of times.entries()) alarm.set(item, at);
    for (let item = 0; item < 500; item += 3) alarm.cancel(item);
    await elapse(60);
    const expected = times.flatMap((at, item) => (item % 3 === 0 ? [] : [at])).sort((a, b) => a - b);
    expect(rung.map((item) => times[item])).toEqual(expected);
    expect(alarm.size).toBe(0);
  });

  it('replaces the time of an item that is set again', async () => {
    const rung: string[] = [];
    const alarm = new Alarm<string>((item) => rung.push(item));
    alarm.set('moved', performance.now() + 1);
    alarm.set('stays', performance.now() + 10);
    alarm.set('moved', performance.now() + 20);
    await elapse(40);
    expect(rung).toEqual(['stays', 'moved']);
  });

  it('never rings for a time of infinity, and waits for one past the longest timer', async () => {
    const rung: string[] = [];
    const alarm = new Alarm<string>((item) => rung.push(item));
    alarm.set('never', Number.POSITIVE_INFINITY);
    alarm.set('in a year', performance.now() + 365 * 86_400_000);
    await elapse(20);
    expect(rung).toEqual([]);
    expect(alarm.size).toBe(1);
  });
});
