import type { PoolMap } from '../estimator/identity-map.ts';
import { placeLabels } from './labels.ts';
import { element, escapeText, px } from './markup.ts';
import { linearScale, type Scale } from './scale.ts';

/** Pixels; labels stand right of the rightmost model. */
const size = { width: 760, most: 520, margin: 50, labels: 120 } as const;

/** Models of a router by how alike they do: near ones are right on the same prompts. A ring shows how sure the place is. */
export function poolMapChart(map: PoolMap): string {
  const { points } = map;
  if (points.length < 3) return '';
  const span = (values: readonly number[]) => [Math.min(...values), Math.max(...values)] as const;
  const [left, right] = span(points.map(({ x }) => x));
  const [low, high] = span(points.map(({ y }) => y));
  // One unit is as long on both axes, for distances mean something.
  const { width, most, margin, labels: beside } = size;
  const unit = Math.min(
    (width - 2 * margin - beside) / Math.max(right - left, 0.1),
    (most - 2 * margin) / Math.max(high - low, 0.1),
  );
  const height = 2 * margin + unit * (high - low);
  const x = linearScale([left, right], [margin, margin + unit * (right - left)]);
  const y = linearScale([low, high], [height - margin, height - margin - unit * (high - low)]);
  const places = points.map((point) => ({ ...point, cx: x.at(point.x), cy: y.at(point.y) }));
  const rings = places.map(({ cx, cy, uncertainty }) =>
    element('circle', { cx, cy, r: unit * uncertainty, class: 'uncertain' }),
  );
  const dots = places.map(({ cx, cy, model, uncertainty }) =>
    element(
      'circle',
      { cx, cy, r: 4, class: 'dot' },
      `<title>${escapeText(model)}, ± ${uncertainty.toFixed(2)}</title>`,
    ),
  );
  const labels = placeLabels(
    places.map(({ cx, cy, model }) => ({ x: cx, y: cy, text: model })),
    { left: 0, right: width, top: 0, bottom: height },
  );
  const parts = [...rings, ...dots, labels];
  const svg = element(
    'svg',
    { viewBox: `0 0 ${width} ${px(height)}`, style: `max-width:${width}px`, role: 'img', class: 'router-0' },
    `<title>Models by how alike they do</title>${parts.join('')}${rulerOf(unit, y)}`,
  );
  const share = (100 * map.shown).toFixed(0);
  return `<figure>${svg}<figcaption>Distances are expected differences in log odds of a right answer over prompts like the training rows; rings: how far a model may be from its place. The two dimensions show ${share} % of how models differ.</figcaption></figure>`;
}

/** How long one unit of log odds, or half of one, is. */
function rulerOf(unit: number, { at, from }: Scale): string {
  const length = unit > 120 ? 0.5 : 1;
  const [x, y] = [size.width - size.margin - unit * length, at(from) + 36];
  return (
    element('line', { x1: x, y1: y, x2: x + unit * length, y2: y, class: 'axis' }) +
    element('text', { x: x + (unit * length) / 2, y: y - 5, 'text-anchor': 'middle' }, String(length))
  );
}
