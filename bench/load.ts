/**
 * Open-loop load on a router: Poisson arrivals of real prompts at shares of its measured capacity, and the same load on
 * a plain onnxruntime-node router.
 * usage: npx tsx bench/load.ts --data <folder of data sets> [--seconds 10] [--lanes n] [--json] [--svg file]
 * Keeps bench/results/load.json and load.svg.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../bindings/package-root.ts';
import { Router } from '../lib/index.ts';
import { Random } from '../lib/nn/random.ts';
import { renderTable } from '../lib/plain-table.ts';
import { describeMachine } from './machine.ts';
import { type LoadResult, measureCapacity, offerLoad, type Target } from './open-loop.ts';
import { PlainOnnxRouter } from './plain-onnx-router.ts';
import { endlessPrompts, readBenchPrompts } from './prompts.ts';
import { noDeadline, routerTarget } from './router-target.ts';
import { renderSvg, type Series } from './svg-chart.ts';

const shares = [0.25, 0.5, 0.8, 0.95, 2];
const deadlineMs = 150;
const concurrency = 64;
const warmUpSeconds = 1;
const seed = 1;

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    lanes: { type: 'string' },
    json: { type: 'boolean', default: false },
    svg: { type: 'string' },
  },
});
const seconds = Number(values.seconds);

interface Measured {
  readonly target: string;
  readonly capacityPerSecond: number;
  /** `share` is of Pointsman's capacity, for both. */
  readonly levels: readonly (LoadResult & { readonly share: number })[];
}

const { texts, origin } = await readBenchPrompts(values.data ?? null, 3000);
const ours = await measureOurs();
const plain = await measurePlain(ours);
const report = {
  name: 'load',
  machine: describeMachine(),
  prompts: origin,
  seconds,
  deadlineMs,
  measured: [ours, plain],
};
const svg = renderChart();
const folder = join(packageRoot(), 'bench', 'results');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'load.json'), `${JSON.stringify(report, null, 2)}\n`);
writeFileSync(values.svg ?? join(folder, 'load.svg'), svg);
console.log(values.json ? JSON.stringify(report, null, 2) : renderReport());

async function measureOurs(): Promise<Measured> {
  await using router = await Router.load(undefined, {
    deadlineMs,
    ...(values.lanes === undefined ? {} : { lanes: Number(values.lanes) }),
  });
  const prompts = endlessPrompts(texts, new Random(seed));
  const capacityPerSecond = await measureCapacity(routerTarget(router, noDeadline), prompts, {
    concurrency,
    seconds,
    warmUpSeconds,
  });
  const rates = shares.map((share) => share * capacityPerSecond);
  const levels = await measureLevels(routerTarget(router), prompts, rates, capacityPerSecond);
  const { shared } = router.stats().requests;
  if (shared > 0) throw new Error(`${shared} requests shared a computation: the prompts were not distinct`);
  return { target: 'pointsman', capacityPerSecond, levels };
}

/** At loads that it can take, which are far below, and at the same ones. */
async function measurePlain(ours: Measured): Promise<Measured> {
  const router = await PlainOnnxRouter.open(availableParallelism());
  const target: Target = {
    name: 'plain onnxruntime-node',
    answer: (prompt) =>
      router.route(prompt).then(
        () => 'decided',
        () => 'refused',
      ),
    abandon: () => router.abandon(),
  };
  const prompts = endlessPrompts(texts, new Random(seed));
  const capacityPerSecond = await measureCapacity(target, prompts, { concurrency, seconds, warmUpSeconds });
  const rates = [
    ...shares.filter((share) => share < 1).map((share) => share * capacityPerSecond),
    ...ours.levels.map(({ offeredPerSecond }) => offeredPerSecond),
  ];
  const levels = await measureLevels(target, prompts, rates, ours.capacityPerSecond);
  await router.close();
  return { target: target.name, capacityPerSecond, levels };
}

async function measureLevels(
  target: Target,
  prompts: Iterator<string, never>,
  rates: readonly number[],
  ourCapacityPerSecond: number,
): Promise<Measured['levels']> {
  const levels = [];
  for (const perSecond of rates) {
    const random = new Random(seed);
    const result = await offerLoad(target, prompts, {
      perSecond,
      seconds,
      warmUpSeconds,
      deadlineMs,
      random,
    });
    levels.push({ share: perSecond / ourCapacityPerSecond, ...result });
    console.error(`${target.name}: ${perSecond.toFixed(0)} prompts/s done`);
  }
  return levels;
}

function renderReport(): string {
  const head = [
    '',
    "of Pointsman's capacity",
    'offered/s',
    'in time/s',
    'decided',
    'fallback',
    'refused',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'max ms',
    'loop p99 ms',
    'loop max ms',
  ];
  const rows = report.measured.flatMap(({ target, levels }) =>
    levels.map((level) => [
      target,
      `${(100 * level.share).toFixed(0)} %`,
      level.offeredPerSecond.toFixed(0),
      level.goodputPerSecond.toFixed(0),
      ...[level.decided, level.fallbacks, level.refused].map(String),
      ...[level.p50, level.p95, level.p99, level.max].map((ms) => ms.toFixed(1)),
      level.eventLoopDelay.p99.toFixed(1),
      level.eventLoopDelay.max.toFixed(1),
    ]),
  );
  const capacities = report.measured.map(
    ({ target, capacityPerSecond }) => `${target}: capacity ${capacityPerSecond.toFixed(0)} prompts/s`,
  );
  return [
    ...caption(),
    ...capacities,
    renderTable(head, rows, head.map((_, column) => column).slice(1)),
  ].join('\n');
}

function caption(): string[] {
  const { cpu, cores, isa, node, date } = report.machine;
  return [
    `${cpu}, ${cores} cores, isa ${isa}, Node ${node}, ${date.slice(0, 10)}`,
    `Poisson arrivals, ${report.prompts}, ${seconds} s a point, deadline ${deadlineMs} ms for Pointsman (fallbacks count as answers); none for the other`,
  ];
}

function renderChart(): string {
  const colours = ['#0b62a4', '#c2571a'];
  const line = (y: (level: LoadResult) => number, suffix: string, dashed: boolean): Series[] =>
    report.measured.map(({ target, levels }, index) => ({
      name: `${target}${suffix}`,
      colour: colours[index] ?? '#333',
      dashed,
      points: levels.map((level) => ({ x: level.offeredPerSecond, y: y(level) })),
    }));
  const capacity = { axis: 'x' as const, at: ours.capacityPerSecond, label: 'capacity of Pointsman' };
  return renderSvg(
    [
      {
        title: 'Latency',
        xLabel: 'prompts a second offered',
        yLabel: 'milliseconds',
        yScale: 'log',
        series: [...line(({ p99 }) => p99, ', p99', false), ...line(({ p50 }) => p50, ', p50', true)],
        marks: [{ axis: 'y', at: deadlineMs, label: `deadline ${deadlineMs} ms` }, capacity],
      },
      {
        title: `Decided within ${deadlineMs} ms`,
        xLabel: 'prompts a second offered',
        yLabel: 'prompts a second',
        yScale: 'linear',
        series: line(({ goodputPerSecond }) => goodputPerSecond, '', false),
        marks: [capacity],
      },
    ],
    caption(),
  );
}
