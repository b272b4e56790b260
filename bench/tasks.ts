/**
 * What latent tasks and a mixture of experts are worth (kind task-moe, FineRouter): routing on test rows that neither training nor
 * any choice has seen, beside IPR's estimator and the stack, each stage by itself, and every share of the two; how tasks repeat
 * over seeds; sources left out; time.
 * usage: npx tsx bench/tasks.ts <folder of data sets> [--parts routing,sources,time] [--sets a,b] [--seeds 3]
 *   [--results tasks.jsonl] [--json]
 * Kinds are cross-fitted as `pointsman train` does, but for its caution on unfamiliar prompts, which takes four more trainings a kind.
 * With --results every measurement is added to the file as it is made, and those that it holds are not made again.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { interval95 } from '../lib/evaluate/bootstrap.ts';
import { renderTable } from '../lib/plain-table.ts';
import { describeMachine } from './machine.ts';
import { mean, prepare } from './tasks/ground.ts';
import { measureRouting, type Routing } from './tasks/routing.ts';
import { type LeftOut, measureSources } from './tasks/sources.ts';
import { measureTime, type Timing } from './tasks/time.ts';

type Measurement = Routing | LeftOut | Timing;

const leftOutSets = ['mixed-2024', 'routerbench-subset'];
const timedRows = [10_000, 100_000];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    parts: { type: 'string', default: 'routing,sources,time' },
    sets: { type: 'string', default: 'mixed-2024,ulab-llmrouter,routerbench-subset,mmlu-pro' },
    seeds: { type: 'string', default: '3' },
    results: { type: 'string' },
    json: { type: 'boolean' },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('name the folder that holds the data sets');
const sets = values.sets.split(',');
const parts = values.parts.split(',');
const known = readResults();
const measured: Measurement[] = [];
if (parts.includes('routing')) {
  for (const set of sets) for (let seed = 0; seed < Number(values.seeds); seed++) await addRouting(set, seed);
}
if (parts.includes('sources')) {
  for (const set of leftOutSets.filter((name) => sets.includes(name))) await addSources(set);
}
if (parts.includes('time')) for (const rows of timedRows) await addTime(rows);
if (values.json)
  console.log(JSON.stringify({ machine: describeMachine(), results: measured.map(shortened) }, null, 2));
else report();

async function addRouting(set: string, seed: number): Promise<void> {
  const found = known.find((one) => one.part === 'routing' && one.set === set && one.seed === seed);
  if (found !== undefined) measured.push(found);
  else {
    process.stderr.write(`tasks: ${set}, seed ${seed}\n`);
    keep(await measureRouting(await prepare(folder as string, set), set, seed));
  }
}

async function addSources(set: string): Promise<void> {
  const found = known.filter((one) => one.part === 'sources' && one.set === set);
  if (found.length > 0) measured.push(...found);
  else for (const one of await measureSources(await prepare(folder as string, set), set)) keep(one);
}

async function addTime(rows: number): Promise<void> {
  const found = known.find((one) => one.part === 'time' && one.rows === rows);
  if (found !== undefined) measured.push(found);
  else keep(await measureTime(rows));
}

function keep(one: Measurement): void {
  measured.push(one);
  if (values.results !== undefined) appendFileSync(values.results, `${JSON.stringify(one)}\n`);
}

function readResults(): Measurement[] {
  if (values.results === undefined || !existsSync(values.results)) return [];
  const lines = readFileSync(values.results, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Measurement);
}

/** Without the resamples, which only intervals are made of. */
function shortened(one: Measurement) {
  if (one.part !== 'routing') return one;
  const contenders = Object.entries(one.contenders).map(([name, { samples: _, ...rest }]) => [name, rest]);
  const overIpr = Object.keys(one.contenders).map((name) => [name, differenceInterval([one], name)]);
  return {
    ...one,
    contenders: Object.fromEntries(contenders),
    gapClosedOverIpr95: Object.fromEntries(overIpr),
  };
}

/** 95 % interval of gapClosed less that of `ipr` on the same resamples: the mean over sets of the mean over their seeds. */
function differenceInterval(runs: readonly Routing[], name: string): readonly number[] | null {
  const draws = runs[0]?.contenders.ipr?.samples.length ?? 0;
  const differenceOf = ({ contenders }: Routing, at: number) =>
    (contenders[name]?.samples[at] ?? Number.NaN) - (contenders.ipr?.samples[at] ?? Number.NaN);
  const bySet = sets.map((set) => runs.filter((one) => one.set === set)).filter((own) => own.length > 0);
  const differences = Array.from({ length: draws }, (_, at) =>
    mean(bySet.map((own) => mean(own.map((one) => differenceOf(one, at))))),
  );
  return interval95(differences);
}

function report(): void {
  const routing = measured.filter((one) => one.part === 'routing');
  for (const set of sets)
    reportSet(
      set,
      routing.filter((one) => one.set === set),
    );
  if (routing.length > 0) reportMeans(routing);
  const sources = measured.filter((one) => one.part === 'sources');
  for (const set of leftOutSets)
    reportSources(
      set,
      sources.filter((one) => one.set === set),
    );
  for (const one of measured.filter(({ part }) => part === 'time')) console.log(`\n${JSON.stringify(one)}`);
}

function reportSet(set: string, runs: readonly Routing[]): void {
  const [first] = runs;
  if (first === undefined) return;
  const of = (name: string) => runs.flatMap(({ contenders }) => contenders[name] ?? []);
  const rows = Object.keys(first.contenders).map((name) => [
    name,
    percent(mean(of(name).map(({ gapClosed }) => gapClosed))),
    (1e4 * mean(of(name).map(({ routingError }) => routingError))).toFixed(1),
    percent(mean(of(name).map(({ best }) => best.qualityShare))),
    percent(mean(of(name).map(({ best }) => best.costShare))),
    of(name).some(({ seconds }) => seconds === null)
      ? ''
      : mean(of(name).map(({ seconds }) => seconds ?? 0)).toFixed(0),
  ]);
  console.log(`\n${set}, ${runs.length} seeds\n`);
  console.log(
    renderTable(
      ['', 'gapClosed', 'routing error x 10^4', 'best quality by the best model’s', 'at its cost times', 's'],
      rows,
      [1, 2, 3, 4, 5],
    ),
  );
  const curve = first.alphaCurve.map(({ alpha }, at) => {
    const points = runs.flatMap(({ alphaCurve }) => alphaCurve[at] ?? []);
    const error = (1e4 * mean(points.map(({ routingError }) => routingError))).toFixed(1);
    return `${alpha}: ${percent(mean(points.map(({ gapClosed }) => gapClosed)))} (${error})`;
  });
  console.log(
    `\nalpha, chosen ${runs.map(({ chosenAlpha }) => chosenAlpha.toFixed(2)).join(', ')}: ${curve.join('; ')}`,
  );
  const figure = (value: (tasks: Routing['tasks']) => number) => mean(runs.map(({ tasks }) => value(tasks)));
  console.log(
    `tasks ${runs.map(({ tasks }) => tasks.count).join(', ')}; candidates ${percent(figure((t) => t.candidateShare))} of the models; ` +
      `no task ${percent(figure((t) => t.noneShare))}; Rand index over seeds ${figure((t) => t.stability).toFixed(2)}; ` +
      `overconfidence ${figure((t) => t.overconfidence).toFixed(3)}; head ${mean(runs.map((r) => r.headUs['task-moe'])).toFixed(1)} us, ` +
      `ipr ${mean(runs.map((r) => r.headUs.ipr)).toFixed(1)}`,
  );
}

/**
 * Over the sets, seeds first. The interval of the first seed is of rows that no other run has; that of all seeds takes splits,
 * which share some test rows, for independent.
 */
function reportMeans(routing: readonly Routing[]): void {
  const names = Object.keys(routing[0]?.contenders ?? {});
  const bySet = (name: string) =>
    sets.flatMap((set) => {
      const runs = routing.filter((one) => one.set === set);
      return runs.length === 0
        ? []
        : [mean(runs.map(({ contenders }) => contenders[name]?.gapClosed ?? Number.NaN))];
    });
  const firsts = routing.filter(({ seed }) => seed === 0);
  const own = mean(bySet('ipr'));
  console.log('\nmean over the sets\n');
  console.log(
    renderTable(
      ['', 'gapClosed', 'less ipr’s', 'of seed 0, 95 %', 'of all seeds, 95 %'],
      names.map((name) => [
        name,
        percent(mean(bySet(name))),
        percent(mean(bySet(name)) - own),
        (differenceInterval(firsts, name) ?? []).map(percent).join(' .. '),
        (differenceInterval(routing, name) ?? []).map(percent).join(' .. '),
      ]),
      [1, 2, 3, 4],
    ),
  );
}

function reportSources(set: string, left: readonly LeftOut[]): void {
  const [first] = left;
  if (first === undefined) return;
  const names = Object.keys(first.contenders);
  console.log(
    `\n${set}, each source left out: points over the best static mix of the source, in hindsight\n`,
  );
  const cells = (one: LeftOut) =>
    names.map((name) => (100 * (one.contenders[name]?.areaOverZero ?? Number.NaN)).toFixed(2));
  const means = names.map((name) =>
    (100 * mean(left.map(({ contenders }) => contenders[name]?.areaOverZero ?? Number.NaN))).toFixed(2),
  );
  console.log(
    renderTable(
      ['source', 'rows', ...names],
      [...left.map((one) => [one.source, String(one.rows), ...cells(one)]), ['mean', '', ...means]],
      [1, 2, 3, 4],
    ),
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
