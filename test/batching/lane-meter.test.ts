import { describe, expect, it } from 'vitest';
import { LaneMeter } from '../../lib/batching/lane-meter.ts';
import { Random } from '../support/random.ts';

/** A meter after `count` batches of a lane with this fixed cost and this cost a token, in milliseconds. */
function trained({
  fixed,
  slope,
  count = 200,
  noise = 0,
}: Record<'fixed' | 'slope', number> & Partial<Record<'count' | 'noise', number>>) {
  const meter = new LaneMeter();
  const random = new Random(7);
  for (let sample = 0; sample < count; sample++) {
    const tokens = 10 + random.below(500);
    const factor = 1 + noise * (2 * random.next() - 1);
    meter.record(tokens, (fixed + slope * tokens) * factor, sample);
  }
  return meter;
}

describe('LaneMeter', () => {
  it('knows nothing before the first batch, and then limits nothing but the size of batches', () => {
    const meter = new LaneMeter();
    expect(meter.predictMs(1000)).toBe(0);
    expect(meter.tokensWithin(0.001)).toBe(Number.POSITIVE_INFINITY);
    expect(meter.batchTokens()).toBe(256);
    expect(meter.isFresh(0)).toBe(false);
  });

  it('learns the fixed cost of a batch and the cost of a token', () => {
    const meter = trained({ fixed: 2, slope: 0.05 });
    expect(meter.predictMs(1)).toBeCloseTo(2.05, 0);
    expect(meter.predictMs(1000) / 52).toBeCloseTo(1, 1);
  });

  it('foretells large batches from small ones without ever taking a token for free', () => {
    const meter = new LaneMeter();
    for (let sample = 0; sample < 50; sample++) meter.record(20, 2, sample);
    expect(meter.predictMs(20)).toBeCloseTo(2, 5);
    expect(meter.predictMs(400)).toBeGreaterThan(4);
    expect(meter.predictMs(400)).toBeLessThanOrEqual(40);
  });

  it('sizes batches for six milliseconds of work, within bounds', () => {
    expect(trained({ fixed: 0.2, slope: 1 / 5 }).batchTokens()).toBe(256);
    expect(trained({ fixed: 0.2, slope: 1 / 50 }).batchTokens()).toBeGreaterThan(270);
    expect(trained({ fixed: 0.2, slope: 1 / 50 }).batchTokens()).toBeLessThan(330);
    expect(trained({ fixed: 0.2, slope: 1 / 5000 }).batchTokens()).toBe(4096);
  });

  it('keeps a margin that grows with how far predictions were off', () => {
    expect(trained({ fixed: 1, slope: 0.02 }).safe(100)).toBeLessThan(110);
    expect(trained({ fixed: 1, slope: 0.02, noise: 0.3 }).safe(100)).toBeGreaterThan(125);
  });

  it('finds the largest batch that is safely done in time', () => {
    const meter = trained({ fixed: 1, slope: 0.02, noise: 0.1 });
    const tokens = meter.tokensWithin(20);
    expect(meter.safe(meter.predictMs(tokens))).toBeCloseTo(20, 6);
    expect(meter.tokensWithin(0.1)).toBeLessThan(0);
  });

  it('follows a machine that becomes slower, and takes one stray batch for one', () => {
    const meter = trained({ fixed: 1, slope: 0.02 });
    meter.record(250, 5000, 200);
    expect(meter.predictMs(250)).toBeLessThan(8);
    for (let sample = 0; sample < 150; sample++) meter.record(200 + (sample % 100), 30, 201 + sample);
    expect(meter.predictMs(250)).toBeGreaterThan(25);
  });
});
