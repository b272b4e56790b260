import { describe, expect, test } from 'vitest';
import { sourcesOf, splitBySource } from '../../lib/data/split-by-source.ts';

const rows = Array.from({ length: 300 }, (_, row) => row);
const sources = rows.map((row) => ['maths', 'law', 'code'][row % 3] ?? '');
/** Rows 0 to 5 are one group across all sources; the others stand alone. */
const groups = rows.map((row) => (row < 6 ? 'shared' : `group ${row}`));

describe('splitBySource', () => {
  const { train, test: left } = splitBySource({ sources, groups }, 'law');

  test('keeps every row of the source for testing, and none of it elsewhere', () => {
    expect(left).toEqual(rows.filter((row) => sources[row] === 'law'));
    expect(train.some((row) => sources[row] === 'law')).toBe(false);
  });

  test('leaves rows of other sources out that share a group with it', () => {
    expect(train).toEqual(rows.filter((row) => sources[row] !== 'law' && row >= 6));
  });

  test('refuses where nothing is left to train on', () => {
    const one = { sources: ['a', 'a', 'b'], groups: ['x', 'y', 'x'] };
    expect(() => splitBySource(one, 'a')).toThrow('without the source "a" there are no train rows');
  });
});

test('sourcesOf lists sources in the order they are seen', () => {
  expect(sourcesOf({ sources })).toEqual(['maths', 'law', 'code']);
});
