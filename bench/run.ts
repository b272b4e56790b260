/** `npm run bench -- [names] [--data folder] [--rounds n] [--peers] [--json]`: runs benches, keeps bench/results/<name>.json. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../bindings/package-root.ts';
import { type Bench, type BenchOptions, measure } from './harness.ts';
import { describeMachine } from './machine.ts';
import { type BenchReport, renderReport } from './report.ts';

/** Every bench there is, by import, so that one bench's packages are not needed for another. */
const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  encoder: async () => (await import('./encoder.ts')).encoderBench,
  features: async () => (await import('./features.ts')).featuresBench,
  footprint: async () => (await import('./footprint.ts')).footprintBench,
  kernels: async () => (await import('./kernels.ts')).kernelsBench,
  tokenizer: async () => (await import('./tokenizer.ts')).tokenizerBench,
  decision: async () => (await import('./decision.ts')).decisionBench,
  training: async () => (await import('./training-time.ts')).trainingBench,
  onboard: async () => (await import('./onboard.ts')).onboardBench,
  quiz: async () => (await import('./quiz.ts')).quizBench,
  policy: async () => (await import('./policy.ts')).policyBench,
  feedback: async () => (await import('./feedback.ts')).feedbackBench,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    rounds: { type: 'string', default: '15' },
    peers: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const names = positionals.length > 0 ? positionals : Object.keys(benches);
const unknown = names.find((name) => !Object.hasOwn(benches, name));
if (unknown !== undefined) {
  throw new Error(`there is no bench "${unknown}"; known: ${Object.keys(benches).join(', ')}`);
}
const options: BenchOptions = {
  data: values.data ?? null,
  rounds: Number(values.rounds),
  peers: values.peers,
};
if (!Number.isInteger(options.rounds) || options.rounds < 1) {
  throw new Error(`--rounds must be a whole number of at least 1, got ${values.rounds}`);
}

const reports: BenchReport[] = [];
for (const name of names) {
  const report = await runBench(name, options);
  keep(report);
  reports.push(report);
  if (!values.json) console.log(`${renderReport(report)}\n`);
}
if (values.json) console.log(JSON.stringify(reports.length === 1 ? reports[0] : reports, null, 2));

async function runBench(name: string, options: BenchOptions): Promise<BenchReport> {
  const bench = await benches[name]?.();
  if (bench === undefined) throw new Error(`bench "${name}" could not be opened`);
  const groups: BenchReport['groups'][number][] = [];
  for await (const group of bench.groups(options)) {
    process.stderr.write(`${name}: ${group.title}\n`);
    if ('figures' in group) groups.push(group);
    else {
      const { title, notes = [], skipped = [] } = group;
      groups.push({ title, notes, skipped, results: await measure(group.cases, options.rounds) });
    }
  }
  return { name, machine: describeMachine(), rounds: options.rounds, groups };
}

function keep(report: BenchReport): void {
  const folder = join(packageRoot(), 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${report.name}.json`), `${JSON.stringify(report, null, 2)}\n`);
}
