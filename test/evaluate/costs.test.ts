import { describe, expect, test } from 'vitest';
import type { RoutingTable } from '../../lib/data/table.ts';
import { actualCosts } from '../../lib/evaluate/costs.ts';

const nan = Number.NaN;
const table: RoutingTable = {
  models: ['m', 'n', 'o'],
  ids: ['a', 'b'],
  prompts: ['x', 'y'],
  sources: ['', ''],
  groups: ['a', 'b'],
  scores: Float32Array.of(1, 1, 1, 0, 0, nan),
  costsUsd: Float64Array.of(0.5, nan, nan, nan, nan, nan),
  inputTokens: Float32Array.of(100, 100, 100, nan, 100, nan),
  outputTokens: Float32Array.of(10, 10, 10, 20, nan, nan),
  origin: [],
};
const prices = new Map([
  ['m', { inputPer1M: 2, outputPer1M: 10 }],
  ['n', { inputPer1M: 1, outputPer1M: 4 }],
]);

describe('actualCosts', () => {
  test('takes the measured cost, else tokens times price, else input tokens at the mean price', () => {
    const { costsUsd } = actualCosts(table, prices, [7, 1000]);
    expect([...costsUsd]).toEqual([
      0.5,
      (100 * 1 + 10 * 4) / 1e6,
      nan,
      (1000 * 2 + 20 * 10) / 1e6,
      (100 * (1 + 4)) / 2 / 1e6,
      nan,
    ]);
  });

  test('says where the costs come from and which models have none', () => {
    const { notes, unpriced } = actualCosts(table, prices);
    expect(unpriced).toEqual(['o']);
    expect(notes).toEqual([
      '1 of 5 costs are token counts times list price, not measured',
      '1 of 5 costs have no output count: input tokens times the mean of the input and output price',
      '2 of 5 runs have no known cost and are left out',
    ]);
  });
});
