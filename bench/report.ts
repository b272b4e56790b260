import { renderTable } from '../lib/plain-table.ts';
import type { CaseResult, FigureGroup, Skipped } from './harness.ts';
import type { Machine } from './machine.ts';

export interface MeasuredGroup {
  readonly title: string;
  readonly notes: readonly string[];
  readonly results: readonly CaseResult[];
  readonly skipped: readonly Skipped[];
}

export interface BenchReport {
  readonly name: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly groups: readonly (MeasuredGroup | FigureGroup)[];
}

/** The report as tables, for a terminal. */
export function renderReport({ name, machine, rounds, groups }: BenchReport): string {
  const versions = Object.entries(machine.versions).map(([peer, version]) => `${peer} ${version}`);
  return [
    `${name}: ${machine.cpu}, ${machine.cores} cores, isa ${machine.isa}, Node ${machine.node}`,
    `commit ${machine.commit ?? 'unknown'}, ${machine.date}, medians of ${rounds} interleaved rounds`,
    versions.join(', '),
    ...groups.flatMap((group) => ['', group.title, renderGroup(group), ...notesOf(group)]),
  ].join('\n');
}

function notesOf({ notes = [] }: { readonly notes?: readonly string[] }): string[] {
  return notes.map((note) => `  ${note}`);
}

function renderGroup(group: MeasuredGroup | FigureGroup): string {
  return 'figures' in group ? renderFigures(group) : renderCases(group);
}

function renderCases({ results, skipped }: MeasuredGroup): string {
  const rows = results.map(({ name, medianMs, p95Ms, ratio, work, unitsPerSecond }) => [
    name,
    formatNumber(medianMs),
    formatNumber(p95Ms),
    work === null || unitsPerSecond === null ? '' : formatRate(unitsPerSecond, work.unit),
    `${ratio.toFixed(2)}x`,
  ]);
  const head = ['', 'median ms', 'p95 ms', 'rate', 'time by the first'];
  const absent = skipped.map(({ name, reason }) => `${name}  skipped: ${reason}`);
  return [renderTable(head, rows, [1, 2, 3, 4]), ...absent].join('\n');
}

function renderFigures({ figures }: FigureGroup): string {
  const columns = [...new Set(figures.flatMap(({ values }) => Object.keys(values)))];
  const rows = figures.map(({ name, values }) => [
    name,
    ...columns.map((column) => {
      const value = values[column];
      return value === undefined ? '' : formatNumber(value);
    }),
  ]);
  return renderTable(
    ['', ...columns],
    rows,
    columns.map((_, column) => column + 1),
  );
}

/** Four significant digits, no exponent. */
function formatNumber(value: number): string {
  if (Math.abs(value) >= 1000) return value.toFixed(0);
  return String(Number(value.toPrecision(4)));
}

const prefixes = ['', 'k', 'M', 'G', 'T'] as const;

function formatRate(perSecond: number, unit: string): string {
  const step = Math.max(0, Math.min(prefixes.length - 1, Math.floor(Math.log10(perSecond) / 3)));
  return `${Number((perSecond / 1000 ** step).toPrecision(4))} ${prefixes[step]} ${unit}/s`.replace(
    '  ',
    ' ',
  );
}
