import { element, escapeText } from './markup.ts';

/** A point that asks for its name to be written beside it. */
export interface Labelled {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Of the labels' font, which is 11 px high. */
const kCharacterWidth = 6;
const kHeight = 12;

/**
 * Names beside their points, the first asked for first: right, left, above or below, where there is room within the frame
 * and beside the names already written. A name without room is left out: it still is the point's tooltip.
 */
export function placeLabels(points: readonly Labelled[], frame: Box): string {
  const taken: Box[] = points.map(({ x, y }) => ({ left: x - 4, right: x + 4, top: y - 4, bottom: y + 4 }));
  return points
    .map((point) => {
      const place = placesOf(point).find(
        ({ box }) => isWithin(box, frame) && !taken.some((other) => overlaps(box, other)),
      );
      if (place === undefined) return '';
      taken.push(place.box);
      const { x, y, anchor } = place;
      return element('text', { x, y, 'text-anchor': anchor, class: 'label' }, escapeText(point.text));
    })
    .join('');
}

function placesOf({ x, y, text }: Labelled) {
  const width = kCharacterWidth * text.length;
  const box = (left: number, middle: number): Box => ({
    ...{ left, right: left + width },
    ...{ top: middle - kHeight / 2, bottom: middle + kHeight / 2 },
  });
  return [
    { x: x + 7, y: y + 4, anchor: 'start', box: box(x + 7, y) },
    { x: x - 7, y: y + 4, anchor: 'end', box: box(x - 7 - width, y) },
    { x, y: y - 8, anchor: 'middle', box: box(x - width / 2, y - 12) },
    { x, y: y + 16, anchor: 'middle', box: box(x - width / 2, y + 12) },
  ];
}

function isWithin(box: Box, frame: Box): boolean {
  return (
    box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom
  );
}

function overlaps(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
