import { renderTable } from '../plain-table.ts';
import { showInterval, showValue } from './figure-text.ts';
import type { LeftOutResult, LeftOutSource, MeanOverSources } from './left-out.ts';
import type { Figure } from './metric.ts';

/** Sources left out of training, for people: one line each, and the mean. */
export function renderLeftOut({ estimator, sources, means }: LeftOutResult): string {
  const head = [
    ...['left out', 'prompts', 'gap closed', '95 %', 'as chosen', '95 %'],
    ...['points over zero', '95 %', 'top-1', 'Brier'],
  ];
  const mean = [
    ...['mean of sources', ''],
    ...[...shareCells(means.gapClosed), ...shareCells(means.gapClosedAsChosen)],
    ...[...pointCells(means.areaOverZero), '', ''],
  ];
  const table = [...sources.map(sourceRow), mean];
  const lines = [
    `Each source left out of training (${estimator}, settings chosen on validation rows of the others)`,
    renderTable(head, table, [1, 2, 4, 6, 8, 9]),
    'Gap closed and points (hundredths of quality) stand against the best static mix of the very source, in hindsight;' +
      ' "as chosen" against the mix that the other sources chose, at settings that they chose.',
    ...unlearnt(sources),
  ];
  return `${lines.join('\n')}\n`;
}

/** Models that were run on one source only cannot be learnt where it is left out. */
function unlearnt(sources: readonly LeftOutSource[]): string[] {
  const all = new Set(sources.flatMap(({ models }) => models));
  return sources.flatMap(({ source, models }) => {
    const missing = [...all].filter((model) => !models.includes(model));
    return missing.length === 0 ? [] : [`Run on ${source} only, left out there: ${missing.join(', ')}`];
  });
}

function sourceRow({ source, rows, figures }: LeftOutSource): string[] {
  return [
    ...[source || '(none)', String(rows)],
    ...[...shareCells(figures.gapClosed), ...shareCells(figures.gapClosedAsChosen)],
    ...pointCells(figures.areaOverZero),
    ...[showValue(figures.top1?.value ?? null, 'share'), showValue(figures.brier?.value ?? null, 'error')],
  ];
}

type Estimate = Figure | MeanOverSources | undefined;

function shareCells(estimate: Estimate): [string, string] {
  return [showValue(estimate?.value ?? null, 'share'), showInterval(estimate?.interval ?? null, 'share')];
}

/** Quality in hundredths. */
function pointCells(estimate: Estimate): [string, string] {
  const points = (value: number) => (Number((100 * value).toFixed(2)) + 0).toFixed(2);
  const { value = null, interval = null } = estimate ?? {};
  return [
    value === null ? '-' : points(value),
    interval === null ? '' : `${points(interval[0])} .. ${points(interval[1])}`,
  ];
}
