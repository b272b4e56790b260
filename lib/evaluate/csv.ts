import type { Comparison } from './compare.ts';
import type { Evaluation } from './evaluation.ts';

const figureColumns = ['figure', 'label', 'unit', 'better'];

/** One line a figure: its value and its 95 % interval, empty where there is none. Costs are USD per prompt. */
export function evaluationCsv({ figures }: Evaluation): string {
  const rows = Object.values(figures).map(({ name, label, unit, better, value, interval }) => [
    ...[name, label, unit, better],
    ...[value, interval?.[0], interval?.[1]],
  ]);
  return csvOf([...figureColumns, 'value', 'low', 'high'], rows);
}

/** One line a figure and router, with the paired difference to the first router. */
export function comparisonCsv({ routers }: Comparison): string {
  const rows = routers.flatMap(({ name: router, evaluation, differences }) =>
    Object.values(evaluation.figures).map(({ name, label, unit, better, value, interval }) => {
      const difference = differences?.[name];
      return [
        ...[name, label, unit, better, router],
        ...[value, interval?.[0], interval?.[1]],
        ...[difference?.value, difference?.interval?.[0], difference?.interval?.[1]],
      ];
    }),
  );
  const head = [...figureColumns, 'router', 'value', 'low', 'high'];
  return csvOf([...head, 'difference', 'differenceLow', 'differenceHigh'], rows);
}

type Field = string | number | null | undefined;

function csvOf(head: readonly string[], rows: readonly (readonly Field[])[]): string {
  return `${[head, ...rows].map((row) => row.map(csvField).join(',')).join('\r\n')}\r\n`;
}

/** RFC 4180: quoted where it holds a comma, a quote or a line break. */
function csvField(field: Field): string {
  const text = field === null || field === undefined ? '' : String(field);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
