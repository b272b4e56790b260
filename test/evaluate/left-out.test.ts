import { describe, expect, test } from 'vitest';
import { evaluate } from '../../lib/evaluate/evaluate.ts';
import { evaluateLeftOut, type LeftOutInput } from '../../lib/evaluate/left-out.ts';
import { renderLeftOut } from '../../lib/evaluate/render-left-out.ts';
import { madeInput } from './support.ts';

const parts: readonly LeftOutInput[] = [1, 2, 3].map((seed) => ({
  source: `source ${seed}`,
  input: madeInput({ seed, rows: 100 * seed }),
  validation: madeInput({ seed: seed + 10, rows: 80 }),
  trainingRows: 400,
}));

async function* yielded(): AsyncGenerator<LeftOutInput> {
  yield* parts;
}

describe('evaluateLeftOut', async () => {
  const found = await evaluateLeftOut('ridge', yielded(), { resamples: 100, seed: 4 });

  test('measures each source as an evaluation of its own', () => {
    for (const [index, { input, validation }] of parts.entries()) {
      const alone = evaluate(input, { resamples: 100, seed: 4 + index, validation });
      expect(found.sources[index]?.figures).toEqual(alone.figures);
    }
    expect(found.sources[2]).toMatchObject({ rows: 300, trainingRows: 400 });
  });

  test('counts each source once in the means, whose intervals are narrower than those of one source', () => {
    const values = found.sources.map(({ figures }) => figures.gapClosed?.value ?? Number.NaN);
    const { value, interval, sources } = found.means.gapClosed;
    expect(value).toBeCloseTo(values.reduce((sum, one) => sum + one, 0) / 3, 12);
    expect(sources).toBe(3);
    const width = ([low, high]: readonly [number, number] = [0, 0]) => high - low;
    expect(interval?.[0]).toBeLessThan(value ?? 0);
    expect(interval?.[1]).toBeGreaterThan(value ?? 0);
    expect(width(interval ?? undefined)).toBeLessThan(
      width(found.sources[0]?.figures.gapClosed?.interval ?? undefined),
    );
  });

  test('is shown one line a source, in points against the zero router', () => {
    const text = renderLeftOut(found);
    const points = 100 * (found.sources[0]?.figures.areaOverZero?.value ?? Number.NaN);
    expect(text).toMatch(new RegExp(`source 1 +100 .* ${points.toFixed(2)} `));
    expect(text).toContain('mean of sources');
  });
});
