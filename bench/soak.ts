/**
 * Memory under a steady load: Poisson arrivals at 80 % of capacity for `--minutes`, a sample every few seconds, and the
 * slope of a straight line through the samples of the second half.
 * usage: npx tsx bench/soak.ts --data <folder of data sets> [--minutes 10] [--json]
 */
import { parseArgs } from 'node:util';
import { Router } from '../lib/index.ts';
import { Random } from '../lib/nn/random.ts';
import { renderTable } from '../lib/plain-table.ts';
import { describeMachine } from './machine.ts';
import { measureCapacity, offerLoad } from './open-loop.ts';
import { endlessPrompts, readBenchPrompts } from './prompts.ts';
import { noDeadline, routerTarget } from './router-target.ts';

const share = 0.8;
const sampleSeconds = 5;
const deadlineMs = 150;

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    minutes: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);

interface Sample {
  readonly second: number;
  readonly residentMb: number;
  readonly heapMb: number;
  readonly externalMb: number;
}

await using router = await Router.load(undefined, { deadlineMs });
const { texts, origin } = await readBenchPrompts(values.data ?? null, 3000);
const prompts = endlessPrompts(texts, new Random(1));
const capacity = await measureCapacity(routerTarget(router, noDeadline), prompts, {
  concurrency: 64,
  seconds: 5,
  warmUpSeconds: 1,
});
const start = performance.now();
const samples: Sample[] = [];
const timer = setInterval(() => samples.push(sample()), sampleSeconds * 1000);
const result = await offerLoad(routerTarget(router), prompts, {
  perSecond: share * capacity,
  seconds: minutes * 60,
  warmUpSeconds: 0,
  deadlineMs,
  random: new Random(2),
});
clearInterval(timer);
const slopeMbPerMinute = slopePerMinute(samples.slice(Math.floor(samples.length / 2)));
const report = {
  name: 'soak',
  machine: describeMachine(),
  prompts: origin,
  minutes,
  result,
  stats: router.stats(),
  slopeMbPerMinute,
  samples,
};
console.log(values.json ? JSON.stringify(report, null, 2) : renderReport());

function sample(): Sample {
  const { rss, heapUsed, external } = process.memoryUsage();
  const mb = (bytes: number) => Math.round(bytes / 2 ** 17) / 8;
  return {
    second: Math.round((performance.now() - start) / 1000),
    residentMb: mb(rss),
    heapMb: mb(heapUsed),
    externalMb: mb(external),
  };
}

/** Least squares of resident memory over time. */
function slopePerMinute(points: readonly Sample[]): number {
  const mean = (of: (point: Sample) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const time = mean(({ second }) => second);
  const memory = mean(({ residentMb }) => residentMb);
  const covariance = mean(({ second, residentMb }) => (second - time) * (residentMb - memory));
  const variance = mean(({ second }) => (second - time) ** 2);
  return (60 * covariance) / variance;
}

function renderReport(): string {
  const { machine, stats } = report;
  const every = Math.max(1, Math.floor(samples.length / 12));
  const rows = samples
    .filter((_, index) => index % every === 0)
    .map(({ second, residentMb, heapMb, externalMb }) =>
      [second, residentMb, heapMb, externalMb].map(String),
    );
  return [
    `${machine.cpu}, ${machine.cores} cores, isa ${machine.isa}, Node ${machine.node}, ${machine.date.slice(0, 10)}`,
    `${minutes} minutes at ${result.offeredPerSecond.toFixed(0)} prompts/s (${100 * share} % of capacity), ${origin}`,
    renderTable(['second', 'resident MB', 'heap MB', 'external MB'], rows, [0, 1, 2, 3]),
    `resident memory grew by ${slopeMbPerMinute.toFixed(3)} MB a minute in the second half`,
    `decided ${result.decided}, fallbacks ${result.fallbacks}, lanes replaced ${stats.lanes.replaced}, p99 ${result.p99.toFixed(1)} ms, max ${result.max.toFixed(1)} ms`,
  ].join('\n');
}
