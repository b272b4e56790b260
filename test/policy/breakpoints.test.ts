import { describe, expect, it } from 'vitest';
import { settingRanges } from '../../lib/policy/breakpoints.ts';
import { choose } from '../../lib/policy/choose.ts';
import type { PolicyInput, SettingPolicySpec } from '../../lib/policy/policy.ts';
import { Random } from '../support/random.ts';

const range = { max: 0.7, min: 0.3 };
const specs: readonly SettingPolicySpec[] = [
  { kind: 'tolerance', tolerance: 0 },
  { kind: 'tolerance', tolerance: 0, safetyMargin: 0.05 },
  { kind: 'tolerance', tolerance: 0, strategy: 'dynamic-minmax' },
  { kind: 'tolerance', tolerance: 0, strategy: 'static-max', range },
  { kind: 'tolerance', tolerance: 0, strategy: 'static-minmax', range, safetyMargin: 0.1 },
  { kind: 'utility', costWeight: 0 },
  { kind: 'preference', costWeight: 0 },
];

/** Half of the inputs hold few distinct values, so that ties are common. */
function randomInput(random: Random): PolicyInput {
  const isCoarse = random.below(2) === 0;
  const value = () => (isCoarse ? random.below(4) / 4 : random.next());
  const indices = Array.from({ length: 1 + random.below(8) }, (_, index) => index);
  return {
    quality: indices.map(value),
    costUsd: indices.map(() => value() / 1000),
    eligible: indices.filter((index) => index === 0 || random.below(4) > 0),
  };
}

describe.each(specs.map((spec) => ({ name: JSON.stringify(spec), spec })))('ranges of $name', ({ spec }) => {
  const random = new Random(11);
  const inputs = Array.from({ length: 60 }, () => randomInput(random));
  const chooseAt = (setting: number, input: PolicyInput) =>
    spec.kind === 'tolerance'
      ? choose({ ...spec, tolerance: setting }, input).index
      : choose({ ...spec, costWeight: setting }, input).index;
  const settings =
    spec.kind === 'tolerance'
      ? Array.from({ length: 2001 }, (_, step) => step / 2000)
      : [0, ...Array.from({ length: 2000 }, (_, step) => 10 ** (step / 200 - 3)), Number.POSITIVE_INFINITY];

  it('give the choice of every setting of a brute-force sweep', () => {
    for (const input of inputs) {
      const ranges = settingRanges(input, spec);
      const expectedAt = (setting: number) => ranges.findLast(({ from }) => from <= setting)?.index;
      expect(settings.filter((setting) => chooseAt(setting, input) !== expectedAt(setting))).toEqual([]);
    }
  });

  it('begin at the very first number that changes the choice', () => {
    for (const input of inputs) {
      const ranges = settingRanges(input, spec);
      for (const [place, { from, index }] of ranges.entries()) {
        expect(chooseAt(from, input)).toBe(index);
        if (place > 0) expect(chooseAt(numberBefore(from), input)).toBe(ranges[place - 1]?.index);
      }
    }
  });
});

function numberBefore(value: number): number {
  if (value === Number.POSITIVE_INFINITY) return Number.MAX_VALUE;
  const bits = new BigInt64Array([0n]);
  const view = new Float64Array(bits.buffer);
  view[0] = value;
  bits[0] = (bits[0] ?? 0n) - 1n;
  return view[0] ?? Number.NaN;
}
