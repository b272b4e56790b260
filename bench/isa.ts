/**
 * Whether every ISA of this machine decides alike: the default router on real prompts, one process per ISA.
 * usage: npx tsx bench/isa.ts --data <folder of data sets> [--prompts 1000] [--json]
 * Keeps bench/results/isa.json. `reference` (float64, for tests) is left out.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadAddon } from '../bindings/load.ts';
import { packageRoot } from '../bindings/package-root.ts';
import { readRoutingData } from '../lib/data/read.ts';
import { renderTable } from '../lib/plain-table.ts';
import { describeMachine } from './machine.ts';

interface Decided {
  readonly model: string;
  readonly quality: number;
}

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    prompts: { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
  },
});
if (values.data === undefined) throw new Error('name the folder that holds the data sets: --data <folder>');

const child = fileURLToPath(new URL('../test/support/decide.mjs', import.meta.url));
const table = await readRoutingData([join(values.data, 'mixed-2024', 'prompts.jsonl.gz')]);
const count = Math.min(Number(values.prompts), table.prompts.length);
const rows = Array.from({ length: count }, (_, index) => Math.floor((index * table.prompts.length) / count));
const prompts = rows.map((row) => table.prompts[row] ?? '');
const isas = loadAddon()
  .info()
  .isaAvailable.filter((isa) => isa !== 'reference');
const yardstick = isas.find((isa) => isa === 'avx512' || isa === 'avx2' || isa === 'neon');
if (yardstick === undefined) throw new Error('this machine has no ISA that computes in float32');

// The policy a caller gets who asks for nothing, and one whose choices spread over many models.
const policies = [
  { name: "the router's own", costWeight: undefined },
  { name: 'utility at 40 per USD', costWeight: 40 },
] as const;

const results = policies.flatMap(({ name, costWeight }) => {
  const expected = decideOn(yardstick, costWeight);
  return isas.map((isa) => {
    const decided = isa === yardstick ? expected : decideOn(isa, costWeight);
    const differing = rows.flatMap((_, index) =>
      decided[index]?.model === expected[index]?.model ? [] : [index],
    );
    return {
      policy: name,
      isa,
      differing: differing.length,
      share: differing.length / count,
      scoreChange: (scoreOf(decided) - scoreOf(expected)) / count,
    };
  });
});
const report = { name: 'isa', machine: describeMachine(), yardstick, prompts: count, results };
const folder = join(packageRoot(), 'bench', 'results');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'isa.json'), `${JSON.stringify(report, null, 2)}\n`);
if (values.json) console.log(JSON.stringify(report, null, 2));
else {
  console.log(`${count} prompts of mixed-2024, decisions compared with those of ${yardstick}`);
  const head = ['policy', 'isa', 'other model', 'share', 'change of the mean measured score'];
  const lines = results.map((result) => [
    result.policy,
    result.isa,
    String(result.differing),
    `${(100 * result.share).toFixed(1)} %`,
    result.scoreChange.toFixed(5),
  ]);
  console.log(renderTable(head, lines, [2, 3, 4]));
}

function decideOn(isa: string, costWeight: number | undefined): readonly Decided[] {
  console.error(`routing on ${isa}`);
  const stdout = execFileSync(process.execPath, [child], {
    input: JSON.stringify({ prompts, costWeight }),
    env: { ...process.env, POINTSMAN_ISA: isa },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return JSON.parse(stdout) as Decided[];
}

/** Sum of the scores that the chosen models really had; 0 where one was not run. */
function scoreOf(decided: readonly Decided[]): number {
  return decided.reduce((sum, { model }, index) => {
    const column = table.models.indexOf(model);
    const score = table.scores[(rows[index] ?? 0) * table.models.length + column] ?? 0;
    return sum + (Number.isNaN(score) ? 0 : score);
  }, 0);
}
