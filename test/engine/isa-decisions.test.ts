import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadAddon } from '../../bindings/load.ts';
import { noSharedData, sharedData } from '../support/shared-data.ts';
import { readRealPrompts } from './real-prompts.ts';

interface Decided {
  readonly model: string;
  readonly quality: number;
}

const child = fileURLToPath(new URL('../support/decide.mjs', import.meta.url));

/** What the default router decides in a process of its own that runs on `isa`. */
function decideOn(isa: string, prompts: readonly string[]): readonly Decided[] {
  const stdout = execFileSync(process.execPath, [child], {
    // A weight at which the choices spread over many models.
    input: JSON.stringify({ prompts, costWeight: 40 }),
    env: { ...process.env, POINTSMAN_ISA: isa },
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return JSON.parse(stdout) as Decided[];
}

describe('the instruction set', () => {
  // `reference` computes in float64 and would take minutes; the kernels' own tests compare with it.
  const isas = loadAddon()
    .info()
    .isaAvailable.filter((isa) => isa !== 'reference');

  it.skipIf(sharedData === null || isas.length < 2)(
    `changes no more than one decision in a hundred (${sharedData === null ? noSharedData : 'needs two ISAs'})`,
    () => {
      const prompts = readRealPrompts(sharedData ?? '', 200);
      const [best = '', ...others] = isas;
      const expected = decideOn(best, prompts);
      expect(new Set(expected.map(({ model }) => model)).size).toBeGreaterThan(3);
      for (const isa of others) {
        const decided = decideOn(isa, prompts);
        const differing = decided.filter(({ model }, index) => expected[index]?.model !== model);
        expect(differing.length, isa).toBeLessThanOrEqual(2);
        for (const [index, { model, quality }] of decided.entries()) {
          if (expected[index]?.model === model)
            expect(quality).toBeCloseTo(expected[index]?.quality ?? Number.NaN, 2);
        }
      }
    },
    120_000,
  );
});
