/** Memory and start: resident memory while routing by number of lanes, time to a loaded router and to a first decision. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadAddon } from '../bindings/load.ts';
import { renderTable } from '../lib/plain-table.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, runs: { type: 'string', default: '7' } },
});
const child = fileURLToPath(new URL('footprint-child.mjs', import.meta.url));

type Measure = Readonly<Record<'importMs' | 'loadMs' | 'firstDecisionMs' | 'rssMb', number>>;

function median(runs: readonly Measure[], name: keyof Measure): number {
  const sorted = runs.map((run) => run[name]).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const results = [1, 2, 4].map((lanes) => {
  const runs = Array.from(
    { length: Number(values.runs) },
    () => JSON.parse(execFileSync(process.execPath, [child, String(lanes)], { encoding: 'utf8' })) as Measure,
  );
  return {
    lanes,
    importMs: median(runs, 'importMs'),
    loadMs: median(runs, 'loadMs'),
    firstDecisionMs: median(runs, 'firstDecisionMs'),
    rssMb: median(runs, 'rssMb'),
  };
});

if (values.json)
  console.log(JSON.stringify({ cpu: loadAddon().info().cpu, node: process.version, results }, null, 2));
else {
  const head = [
    'lanes',
    'RSS while routing MB',
    'import ms',
    'Router.load ms',
    'process start to first decision ms',
  ];
  const rows = results.map(({ lanes, rssMb, importMs, loadMs, firstDecisionMs }) => [
    String(lanes),
    ...[rssMb, importMs, loadMs, firstDecisionMs].map((value) => value.toFixed(0)),
  ]);
  console.log(renderTable(head, rows, [0, 1, 2, 3, 4]));
}
