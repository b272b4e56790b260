import type { Evaluation } from '../evaluate/evaluation.ts';
import { showValue } from '../evaluate/figure-text.ts';
import type { Point } from '../evaluate/hull.ts';
import type { CurveScales } from './curve-scales.ts';
import type { Labelled } from './labels.ts';
import { element, escapeText, px } from './markup.ts';

/** SVG paths around their point. */
const shapes = {
  circle: 'M-3 0A3 3 0 1 1 3 0A3 3 0 1 1-3 0Z',
  diamond: 'M0-6L6 0L0 6L-6 0Z',
  square: 'M-4-4H4V4H-4Z',
  cross: 'M-4-4L4 4M-4 4L4-4',
} as const;

/** Every model by itself and the controls that are points, with the names to write beside them, the telling ones first. */
export function controlMarks(
  { controls }: Evaluation,
  scales: CurveScales,
): { readonly marks: string; readonly labels: readonly Labelled[] } {
  const isShown = ({ costUsd }: Point) => costUsd <= scales.cost.to;
  const mark = (name: string, point: Point, shape: string) => {
    const [x, y] = [scales.cost.at(point.costUsd), scales.quality.at(point.quality)];
    const title = `<title>${escapeText(`${name}: ${describePoint(point)}`)}</title>`;
    return element('path', { d: shape, transform: `translate(${px(x)} ${px(y)})`, class: 'control' }, title);
  };
  const label = (text: string, { costUsd, quality }: Point): Labelled => ({
    ...{ x: scales.cost.at(costUsd), y: scales.quality.at(quality) },
    text,
  });
  const named = [
    { name: 'oracle', point: controls.oracle, shape: shapes.diamond },
    { name: 'best per source', point: controls.bestPerSource, shape: shapes.square },
    { name: 'random', point: controls.random, shape: shapes.cross },
  ];
  const singles = controls.single.filter(isShown);
  const ranked = singles.toSorted((a, b) => b.quality - a.quality);
  const ends = ranked.filter(
    ({ model }) => model === controls.best.model || model === controls.cheapest.model,
  );
  return {
    marks: [
      ...singles.map((single) => mark(single.model, single, shapes.circle)),
      ...named.map(({ name, point, shape }) => mark(name, point, shape)),
    ].join(''),
    labels: [
      ...ends.map((one) => label(one.model, one)),
      ...named.map(({ name, point }) => label(name, point)),
      ...ranked.filter((one) => !ends.includes(one)).map((one) => label(one.model, one)),
    ],
  };
}

/** "quality 0.7363 at 2.678 USD per 1000 prompts" */
export function describePoint({ quality, costUsd }: Point): string {
  return `quality ${showValue(quality, 'quality')} at ${showValue(costUsd, 'usd')} USD per 1000 prompts`;
}
