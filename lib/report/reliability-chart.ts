import { showValue } from '../evaluate/figure-text.ts';
import type { ReliabilityBin } from '../evaluate/reliability.ts';
import { element, escapeText } from './markup.ts';
import { linearScale, type Scale } from './scale.ts';

/** Pixels; the small ones have no axes. */
const sides = { large: 300, small: 120 } as const;

/** Both axes run from 0 to 1. */
interface Square {
  readonly x: Scale;
  readonly y: Scale;
  readonly side: number;
}

/** Measured over predicted quality: on the diagonal where predictions mean what they say. Areas of dots follow the cells. */
export function reliabilityChart(
  name: string,
  bins: readonly ReliabilityBin[],
  colour: string,
  size: keyof typeof sides,
): string {
  const side = sides[size];
  const margin = size === 'large' ? 40 : 6;
  const square = {
    side,
    x: linearScale([0, 1], [margin, side - 6]),
    y: linearScale([0, 1], [side - margin, 6]),
  };
  const title = `<title>${escapeText(name)}</title>`;
  const content =
    title + frameOf(square) + (size === 'large' ? axesOf(square) : '') + dotsOf(bins, square, colour);
  const svg = element(
    'svg',
    { viewBox: `0 0 ${side} ${side}`, style: `max-width:${side}px`, role: 'img' },
    content,
  );
  return `<figure>${svg}<figcaption>${escapeText(name)}</figcaption></figure>`;
}

function frameOf({ x, y }: Square): string {
  const [left, right, top, bottom] = [x.at(0), x.at(1), y.at(1), y.at(0)];
  return (
    element('rect', { x: left, y: top, width: right - left, height: bottom - top, class: 'box' }) +
    element('line', { x1: left, y1: bottom, x2: right, y2: top, class: 'diagonal' })
  );
}

function axesOf({ x, y, side }: Square): string {
  const ticks = [0, 0.5, 1].flatMap((tick) => [
    element('text', { x: x.at(tick), y: y.at(0) + 16, 'text-anchor': 'middle' }, String(tick)),
    element('text', { x: x.at(0) - 6, y: y.at(tick) + 4, 'text-anchor': 'end' }, String(tick)),
  ]);
  const turned = { transform: `translate(11 ${side / 2}) rotate(-90)`, 'text-anchor': 'middle' };
  return [
    ...ticks,
    element('text', { x: side / 2, y: side - 6, 'text-anchor': 'middle' }, 'predicted'),
    element('text', turned, 'measured'),
  ].join('');
}

function dotsOf(bins: readonly ReliabilityBin[], { x, y, side }: Square, colour: string): string {
  const most = Math.max(1, ...bins.map(({ cells }) => cells));
  return bins
    .map(({ cells, predicted, measured }) => {
      const text = `predicted ${showValue(predicted, 'quality')}, measured ${showValue(measured, 'quality')}`;
      const r = Math.max(1.5, (side / 22) * Math.sqrt(cells / most));
      const at = { cx: x.at(predicted), cy: y.at(measured), r, class: `dot ${colour}` };
      return element('circle', at, `<title>${text}, ${cells} answers</title>`);
    })
    .join('');
}
