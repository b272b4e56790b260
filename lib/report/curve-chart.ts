import { csrLevels } from '../evaluate/csr.ts';
import type { Evaluation } from '../evaluate/evaluation.ts';
import { concaveHull, type Point } from '../evaluate/hull.ts';
import type { SweptPolicyKind } from '../policy/policy.ts';
import { controlMarks, describePoint } from './control-marks.ts';
import { type CurveScales, chartSize, frame } from './curve-scales.ts';
import { placeLabels } from './labels.ts';
import { element, escapeText, px } from './markup.ts';
import { colourClass, type Report } from './report.ts';
import { showTick, ticksOf } from './scale.ts';

/** Mean quality over mean cost: every router's curves and band, its chosen settings with intervals, and the controls. */
export function curveChart(report: Report, scales: CurveScales): string {
  const [first] = report.routers;
  if (first === undefined) return '';
  const { marks, labels } = controlMarks(first.evaluation, scales);
  const content = [
    axes(scales),
    `<clipPath id="frame">${element('rect', { x: frame.left, y: 0, width: frame.right - frame.left + 8, height: frame.bottom })}</clipPath>`,
    `<g clip-path="url(#frame)">`,
    `<g class="${report.routers.length > 1 ? 'several' : 'one'}">`,
    ...report.routers.map(({ evaluation }, index) => band(evaluation, index, scales)),
    '</g>',
    line('zero', concaveHull(first.evaluation.controls.single), scales, frame.right),
    ...report.routers.map(({ evaluation }, index) => routerLines(evaluation, index, scales)),
    marks,
    ...report.routers.map(({ evaluation }, index) => chosenSettings(evaluation, index, scales)),
    '</g>',
    placeLabels(labels, frame),
    ...report.routers.map(({ name }, index) => marker(name, index)),
  ].join('\n');
  const title = 'Mean quality over mean cost of routers and controls';
  return element(
    'svg',
    { viewBox: `0 0 ${chartSize.width} ${chartSize.height}`, role: 'img', id: 'curves' },
    `<title>${title}</title>${content}`,
  );
}

function axes({ cost, quality }: CurveScales): string {
  const vertical = ticksOf(quality, 6).map((tick) => {
    const y = quality.at(tick);
    const label = element('text', { x: frame.left - 8, y: y + 4, 'text-anchor': 'end' }, showTick(tick));
    return element('line', { x1: frame.left, x2: frame.right, y1: y, y2: y, class: 'grid' }) + label;
  });
  const thousand = { ...cost, from: 1000 * cost.from, to: 1000 * cost.to };
  const horizontal = ticksOf(thousand, 8).map((tick) => {
    const x = cost.at(tick / 1000);
    return element('text', { x, y: frame.bottom + 18, 'text-anchor': 'middle' }, showTick(tick));
  });
  const middle = (frame.top + frame.bottom) / 2;
  return [
    ...[...vertical, ...horizontal],
    element('line', { x1: frame.left, x2: frame.right, y1: frame.bottom, y2: frame.bottom, class: 'axis' }),
    element(
      'text',
      { x: (frame.left + frame.right) / 2, y: chartSize.height - 8, 'text-anchor': 'middle' },
      'USD per 1000 prompts',
    ),
    element(
      'text',
      { transform: `translate(13 ${px(middle)}) rotate(-90)`, 'text-anchor': 'middle' },
      'mean quality',
    ),
  ].join('');
}

/** A polyline; flat from its last point on to `until` pixels. */
function line(classes: string, points: readonly Point[], scales: CurveScales, until?: number): string {
  const corners = points.map((point) => placed(point, scales));
  const last = points.at(-1);
  if (until !== undefined && last !== undefined)
    corners.push(`${px(until)},${px(scales.quality.at(last.quality))}`);
  return element('polyline', { points: corners.join(' '), class: `line ${classes}` });
}

function placed({ costUsd, quality }: Point, scales: CurveScales): string {
  return `${px(scales.cost.at(costUsd))},${px(scales.quality.at(quality))}`;
}

function band({ band: ends }: Evaluation, index: number, scales: CurveScales): string {
  if (ends.length < 2) return '';
  const high = ends.map(({ costUsd, high: quality }) => placed({ costUsd, quality }, scales));
  const low = ends.map(({ costUsd, low: quality }) => placed({ costUsd, quality }, scales)).reverse();
  return element('polygon', { points: [...high, ...low].join(' '), class: `band ${colourClass(index)}` });
}

function routerLines({ curve, policy }: Evaluation, index: number, scales: CurveScales): string {
  const of = (kind: SweptPolicyKind) => curve.filter((point) => point.policy === kind);
  const other = policy === 'utility' ? 'tolerance' : 'utility';
  return [
    line(`other ${colourClass(index)}`, of(other), scales),
    line(`headline ${colourClass(index)}`, of(policy), scales),
  ].join('');
}

/** The settings that keep a share of the best model's quality, with the interval of the quality they keep. */
function chosenSettings(
  { csrChoices, figures, controls }: Evaluation,
  index: number,
  scales: CurveScales,
): string {
  return csrLevels
    .map((level) => {
      const choice = csrChoices[level];
      if (choice === null) return '';
      const x = scales.cost.at(choice.costUsd);
      const kept = figures[`csr@${level}.kept`]?.interval ?? null;
      const ends = kept?.map((share) => scales.quality.at(share * controls.best.quality)) ?? [];
      const [low, high] = ends;
      const whisker =
        low === undefined || high === undefined
          ? ''
          : element('line', { x1: x, x2: x, y1: low, y2: high, class: `whisker ${colourClass(index)}` });
      const name = `chosen to keep ${level} of the best: ${describePoint(choice)}`;
      const dot = element(
        'circle',
        { cx: x, cy: scales.quality.at(choice.quality), r: 4.5, class: `chosen ${colourClass(index)}` },
        `<title>${escapeText(name)}</title>`,
      );
      return whisker + dot;
    })
    .join('');
}

/** Where the slider stands on the router's curve; the page's script moves it. */
function marker(name: string, index: number): string {
  return element(
    'circle',
    { r: 7, cx: 0, cy: 0, class: `marker ${colourClass(index)}`, id: `marker-${index.toFixed(0)}` },
    `<title>${escapeText(name)}</title>`,
  );
}
