import { showDifference, showDifferenceInterval, showInterval, showValue } from '../evaluate/figure-text.ts';
import type { Figure } from '../evaluate/metric.ts';
import { comparedFigures, verdict } from '../evaluate/render-comparison.ts';
import { type Cell, htmlTable } from './markup.ts';
import type { Report, ReportRouter } from './report.ts';

const number = 'number';
const interval = 'number quiet';

/** The figures people compare by ('main'), or all others. */
export function figureTable({ routers }: Report, which: 'main' | 'others'): string {
  const [first] = routers;
  const names = Object.keys(first?.evaluation.figures ?? {});
  const shown = names.filter((name) => comparedFigures.includes(name) === (which === 'main'));
  const head: Cell[] = [
    { text: 'figure' },
    ...routers.flatMap(({ name, differences }) => [
      { text: name, classes: number },
      { text: '95 %', classes: interval },
      ...(differences === null
        ? []
        : [
            { text: `minus ${first?.name}`, classes: number },
            { text: '95 %', classes: interval },
          ]),
    ]),
  ];
  return htmlTable(
    head,
    shown.map((name) => [
      { text: labelOf(first?.evaluation.figures[name]) },
      ...routers.flatMap((router) => figureCells(router, name)),
    ]),
  );
}

function labelOf(figure: Figure | undefined): string {
  if (figure === undefined) return '';
  return figure.unit === 'usd' ? figure.label.replace('USD / prompt', 'USD / 1000 prompts') : figure.label;
}

function figureCells({ evaluation, differences }: ReportRouter, name: string): Cell[] {
  const figure = evaluation.figures[name];
  const empty = { text: '' };
  if (figure === undefined) return differences === null ? [empty, empty] : [empty, empty, empty, empty];
  const own = [
    { text: showValue(figure.value, figure.unit), classes: number },
    { text: showInterval(figure.interval, figure.unit), classes: interval },
  ];
  if (differences === null) return own;
  const difference = differences[name];
  if (difference === undefined) return [...own, empty, empty];
  return [
    ...own,
    {
      text: showDifference(difference.value, figure.unit),
      classes: `${number} ${verdict(difference, figure)}`.trim(),
    },
    { text: showDifferenceInterval(difference.interval, figure.unit), classes: interval },
  ];
}

/** Quality by source: every router at its operating point beside the controls. */
export function sourceTable({ routers }: Report): string {
  const [first] = routers;
  const quality = (value: number | undefined): Cell => ({
    text: value === undefined ? '' : showValue(value, 'quality'),
    classes: number,
  });
  const head = [
    { text: 'source' },
    { text: 'prompts', classes: number },
    ...routers.map(({ name }) => ({ text: name, classes: number })),
    ...['cheapest', 'best', 'best here', 'oracle'].map((text) => ({ text, classes: number })),
    { text: 'best here is' },
    ...routers.map(({ name }) => ({ text: `USD / 1000, ${name}`, classes: number })),
    { text: 'USD / 1000, best', classes: number },
  ];
  const usd = (value: number | undefined): Cell => ({
    text: value === undefined ? '' : showValue(value, 'usd'),
    classes: number,
  });
  const rows = first?.evaluation.sources.map((row, index): Cell[] => {
    const own = routers.map(({ evaluation }) => evaluation.sources[index]?.router);
    return [
      { text: row.source || '(none)' },
      { text: String(row.rows), classes: number },
      ...own.map((point) => quality(point?.quality)),
      ...[row.cheapest, row.best, row.bestHere, row.oracle].map((point) => quality(point.quality)),
      { text: row.bestHere.model },
      ...own.map((point) => usd(point?.costUsd)),
      usd(row.best.costUsd),
    ];
  });
  return htmlTable(head, rows ?? []);
}

/** Every model: what it does by itself, and how its prediction intervals hold. */
export function modelTable({ evaluation }: ReportRouter): string {
  const { controls, coverage } = evaluation;
  const head = [
    { text: 'model, the dearest first' },
    ...['quality', 'USD / 1000'].map((text) => ({ text, classes: number })),
    ...(coverage === null
      ? []
      : [`coverage of ${showValue(coverage.nominal, 'share')} intervals`, 'mean width'].map((text) => ({
          text,
          classes: number,
        }))),
  ];
  const dearest = controls.single.toSorted((a, b) => b.costUsd - a.costUsd);
  const rows = dearest.map(({ model, quality, costUsd }): Cell[] => {
    const { share = null, meanWidth = null } = coverage?.models[model] ?? {};
    return [
      { text: model },
      { text: showValue(quality, 'quality'), classes: number },
      { text: showValue(costUsd, 'usd'), classes: number },
      ...(coverage === null
        ? []
        : [
            { text: showValue(share, 'share'), classes: number },
            { text: showValue(meanWidth, 'quality'), classes: number },
          ]),
    ];
  });
  return htmlTable(head, rows);
}

/** Each source left out of training; '' where that was not done. */
export function leftOutTable({ leftOut }: ReportRouter): string {
  if (leftOut === null) return '';
  const cells = (
    name: string,
    figures: Readonly<Record<string, Pick<Figure, 'value' | 'interval'>>>,
  ): Cell[] => {
    const unit = name === 'areaOverZero' ? 'quality' : 'share';
    const { value = null, interval: ends = null } = figures[name] ?? {};
    return [
      { text: showValue(value, unit), classes: number },
      { text: showInterval(ends, unit), classes: interval },
    ];
  };
  const names = ['gapClosed', 'gapClosedAsChosen', 'areaOverZero'];
  const labels = ['gap closed', 'as chosen on the others', 'area over zero router'];
  const head = [
    { text: 'left out' },
    { text: 'prompts', classes: number },
    ...labels.flatMap((text) => [
      { text, classes: number },
      { text: '95 %', classes: interval },
    ]),
  ];
  const rows = leftOut.sources.map(({ source, rows: count, figures }): Cell[] => [
    { text: source || '(none)' },
    { text: String(count), classes: number },
    ...names.flatMap((name) => cells(name, figures)),
  ]);
  const mean = [
    { text: 'mean of sources' },
    { text: '' },
    ...names.flatMap((name) => cells(name, leftOut.means)),
  ];
  return htmlTable(head, [...rows, mean]);
}
