import { describe, expect, test } from 'vitest';
import { groupRows } from '../../lib/data/groups.ts';
import { splitRows } from '../../lib/data/split.ts';
import { subsetTable } from '../../lib/data/subset.ts';
import type { RoutingTable } from '../../lib/data/table.ts';

const groups = Array.from({ length: 3000 }, (_, row) => `group ${Math.floor(row / 3)}`);

describe('groups', () => {
  const row = (
    id: string | null,
    prompt: string,
    title: string | null = null,
    dupOf: string | null = null,
  ) => ({
    id,
    prompt,
    title,
    dupOf,
  });

  test('join rows that share a title, a text or a row they repeat, over any chain of these', () => {
    const found = groupRows([
      row('a', 'one', 'rule 1'),
      row('b', 'two', 'rule 1'),
      row('c', 'two'),
      row('d', 'three', null, 'c'),
      row('e', 'four', null, 'absent'),
      row('f', 'five', null, 'absent'),
      row('g', 'six'),
    ]);
    expect(new Set(found.slice(0, 4)).size).toBe(1);
    expect(found[4]).toBe(found[5]);
    expect(new Set(found).size).toBe(3);
  });

  test('are named alike whatever the order of the rows and whatever else is there', () => {
    const rows = [
      row('a', 'one', 'r'),
      row('b', 'two', 'r'),
      row(null, 'three'),
      row('d', 'four', null, 'a'),
    ];
    const forward = groupRows(rows);
    const backward = groupRows([row('new', 'other'), ...rows.toReversed()]).slice(1);
    expect(backward.toReversed()).toEqual(forward);
  });
});

describe('splitRows', () => {
  test('puts every row on one side and no group on two', () => {
    const { train, validation, test: held } = splitRows(groups, { seed: 3 });
    expect([...train, ...validation, ...held].sort((a, b) => a - b)).toEqual(groups.map((_, row) => row));
    const sides = [train, validation, held].map((side) => new Set(side.map((row) => groups[row])));
    expect(sides.reduce((sum, side) => sum + side.size, 0)).toBe(1000);
  });

  test('meets the shares within four of the stated standard deviations', () => {
    const { train, validation, test: held } = splitRows(groups, { train: 0.7, validation: 0.1, test: 0.2 });
    for (const [side, share] of [
      [train, 0.7],
      [validation, 0.1],
      [held, 0.2],
    ] as const) {
      const deviation = Math.sqrt(share * (1 - share) * 1000 * 3 ** 2);
      expect(Math.abs(side.length - share * 3000)).toBeLessThan(4 * deviation);
    }
  });

  test('leaves a row on its side when rows are added or reordered', () => {
    const before = splitRows(groups, { seed: 5 });
    const more = ['another', ...groups.toReversed(), 'and another'];
    const after = splitRows(more, { seed: 5 });
    const groupsOf = (side: readonly number[], all: readonly string[]) =>
      new Set(side.map((row) => all[row]));
    for (const side of ['train', 'validation', 'test'] as const) {
      const kept = groupsOf(after[side], more);
      kept.delete('another');
      kept.delete('and another');
      expect(kept).toEqual(groupsOf(before[side], groups));
    }
  });

  test('is the same for the same seed and another for another', () => {
    expect(splitRows(groups, { seed: 1 })).toEqual(splitRows(groups, { seed: 1 }));
    expect(splitRows(groups, { seed: 1 }).test).not.toEqual(splitRows(groups, { seed: 2 }).test);
  });

  test('gives nothing to a side without share', () => {
    const { train, validation, test: held } = splitRows(groups, { train: 1 / 3, validation: 2 / 3, test: 0 });
    expect(held).toEqual([]);
    expect(train.length + validation.length).toBe(3000);
  });

  test('refuses shares that do not sum to 1', () => {
    expect(() => splitRows(groups, { train: 0.9 })).toThrow(
      'train, validation and test: expected shares that are not negative and sum to 1, got 0.9, 0.2, 0.2',
    );
  });
});

describe('subsetTable', () => {
  const table: RoutingTable = {
    models: ['m', 'n'],
    ids: ['a', 'b', 'c'],
    prompts: ['pa', 'pb', 'pc'],
    sources: ['s', '', 't'],
    groups: ['ga', 'gb', 'gc'],
    scores: Float32Array.of(0, 0.25, 0.5, 0.75, 1, Number.NaN),
    costsUsd: Float64Array.of(1, 2, 3, 4, 5, 6),
    inputTokens: Float32Array.of(10, 20, 30, 40, 50, 60),
    outputTokens: Float32Array.of(11, 21, 31, 41, 51, 61),
    origin: [],
  };

  test('takes the rows named, in that order, in every part of the table', () => {
    expect(subsetTable(table, [2, 0])).toEqual({
      models: ['m', 'n'],
      ids: ['c', 'a'],
      prompts: ['pc', 'pa'],
      sources: ['t', 's'],
      groups: ['gc', 'ga'],
      scores: Float32Array.of(1, Number.NaN, 0, 0.25),
      costsUsd: Float64Array.of(5, 6, 1, 2),
      inputTokens: Float32Array.of(50, 60, 10, 20),
      outputTokens: Float32Array.of(51, 61, 11, 21),
      origin: [],
    });
  });

  test('refuses a row that is not there', () => {
    expect(() => subsetTable(table, [3])).toThrow('rows: expected indices from 0 to 2, got 3');
  });
});
