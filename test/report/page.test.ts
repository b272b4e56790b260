import { describe, expect, test } from 'vitest';
import { placeLabels } from '../../lib/report/labels.ts';
import { renderPage } from '../../lib/report/page.ts';
import { linearScale, ticksOf } from '../../lib/report/scale.ts';
import { evilName, reportOfOne, reportOfTwo } from './support.ts';

describe('renderPage', async () => {
  const one = await reportOfOne();
  const page = renderPage(one);

  test('holds everything in one file: no address, no import, no frame', () => {
    expect(page).not.toMatch(/https?:|\ssrc=|@import|url\((?!#)|<iframe|<img/);
    expect(page).toContain("default-src 'none'");
  });

  test('shows the figures with their intervals, the sources and the notes', () => {
    const { gapClosed } = one.routers[0]?.evaluation.figures ?? {};
    expect(page).toContain(`<b>${(100 * (gapClosed?.value ?? Number.NaN)).toFixed(1)} %</b>`);
    for (const text of [
      'bounded-ARQGC',
      'maths',
      'law',
      'a note',
      'mean of sources',
      'ECE',
      'area of the oracle',
    ]) {
      expect(page).toContain(text);
    }
  });

  test('draws the map of a pool with identities, and none of one without', () => {
    expect(page).toContain('<h2>Models by how alike they do</h2>');
    expect(page).toContain('a&lt;b, ± 0.10');
    expect(page).toContain('The two dimensions show 83 %');
    expect(renderPage(reportOfTwo())).not.toContain('how alike they do');
  });

  test('lists the tasks of a router that has some', () => {
    expect(page).toContain('<h2>Tasks</h2>');
    expect(page).toContain('prove, integer&lt;');
    expect(page).toMatch(/321.*a&lt;b, near.*0\.875/s);
    expect(page).toContain('(none in common)');
    expect(renderPage(reportOfTwo())).not.toContain('Tasks');
  });

  test('is the same for the same report', async () => {
    expect(renderPage(await reportOfOne())).toBe(page);
  });

  test('says of a comparison which router is which, and which differences are clear of 0', () => {
    const two = renderPage(reportOfTwo());
    expect(two).toContain('minus made');
    expect(two).toMatch(/<td class="number worse">/);
    expect(two).not.toContain('has not seen');
  });

  test('escapes names, also in the data of its script', () => {
    const evil = renderPage(reportOfTwo(evilName));
    expect(evil).not.toContain('<b onload');
    expect(evil.match(/<\/script>/g)).toHaveLength(2);
  });
});

describe('ticksOf', () => {
  test('gives round numbers within the range', () => {
    const near = (values: readonly number[]) => values.map((value) => Number(value.toPrecision(9)));
    expect(near(ticksOf(linearScale([0, 3.4], [0, 100]), 8))).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3]);
    expect(near(ticksOf(linearScale([0.26, 0.91], [0, 100]), 6))).toEqual([0.4, 0.6, 0.8]);
    expect(ticksOf(linearScale([0.5, 0.5], [0, 100]), 6)).toEqual([0.5]);
  });
});

describe('placeLabels', () => {
  const frame = { left: 0, right: 200, top: 0, bottom: 100 };

  test('writes to the left at the right edge, and leaves out what has no room', () => {
    const crowd = Array.from({ length: 12 }, (_, index) => ({
      x: 100,
      y: 50 + index,
      text: `name ${index}`,
    }));
    const placed = placeLabels([{ x: 195, y: 20, text: 'edge' }, ...crowd], frame);
    expect(placed).toMatch(/<text x="188" y="24" text-anchor="end" class="label">edge</);
    const written = placed.match(/name \d+/g) ?? [];
    expect(written[0]).toBe('name 0');
    expect(written.length).toBeGreaterThan(1);
    expect(written.length).toBeLessThan(8);
  });
});
