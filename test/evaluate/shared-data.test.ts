import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readModels } from '../../lib/data/models.ts';
import { readRoutingData } from '../../lib/data/read.ts';
import { splitRows } from '../../lib/data/split.ts';
import { rowCount } from '../../lib/data/table.ts';
import { actualCosts } from '../../lib/evaluate/costs.ts';
import { evaluate } from '../../lib/evaluate/evaluate.ts';
import { lookUpPrices } from '../../lib/train/model-prices.ts';
import { noSharedData, sharedData } from '../support/shared-data.ts';

const sets =
  sharedData === null
    ? []
    : readdirSync(sharedData).filter((set) => existsSync(join(sharedData ?? '', set, 'prompts.jsonl.gz')));

describe.skipIf(sharedData === null)(`every shared set (${noSharedData})`, () => {
  test.each(sets)('%s is read, split without leaks and evaluated', async (set) => {
    const folder = join(sharedData ?? '', set);
    const table = await readRoutingData([join(folder, 'prompts.jsonl.gz')]);
    const models = await readModels(join(folder, 'models.json'));
    expect(table.models.every((model) => models.has(model))).toBe(true);
    const { train, test: held } = splitRows(table.groups);
    const trained = new Set(train.map((row) => table.groups[row]));
    expect(held.some((row) => trained.has(table.groups[row]))).toBe(false);

    const { prices } = await lookUpPrices(table.models, models);
    const list = new Map([...prices].map(([id, { price }]) => [id, price]));
    const { costsUsd, unpriced, notes } = actualCosts(table, list, table.prompts.map(roughTokens));
    const found = evaluate(
      {
        models: table.models,
        scores: table.scores,
        costsUsd,
        predictedQuality: table.scores.map((score) => (Number.isNaN(score) ? 0 : score)),
        predictedCostUsd: costsUsd.map((cost) => (Number.isNaN(cost) ? 0 : cost)),
        sources: table.sources,
      },
      { resamples: 0, notes },
    );
    expect(found.rows).toBe(rowCount(table));
    expect(found.controls.single.length).toBe(table.models.length - unpriced.length);
    expect(found.controls.oracle.area).toBeGreaterThan(found.controls.zero.area);
    expect(found.gapClosed).toBeCloseTo(1, 2);
  });
});

/** Four bytes a token: what the sets themselves use where they estimate. */
function roughTokens(prompt: string): number {
  return Math.ceil(prompt.length / 4);
}
