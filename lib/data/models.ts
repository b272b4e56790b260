import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { type OwnPrices, ownPriceNames } from '../cost/own-prices.ts';
import type { PriceTier } from '../cost/price.ts';
import { checkTiers } from '../cost/price-models.ts';
import { PointsmanError } from '../errors.ts';
import { factNames, type ModelFacts, modelFactsSchema } from '../model-facts.ts';
import { checkLabel, checkModel, invalidData, shown } from './fields.ts';
import { fileError } from './file.ts';
import { duplicateKey } from './json-keys.ts';

/** What a models.json says of one model. */
export interface ModelEntry {
  /** USD per 1M input tokens, null where the file states none. */
  readonly inputPer1M: number | null;
  /** USD per 1M output tokens, null exactly where `inputPer1M` is. */
  readonly outputPer1M: number | null;
  /** Prices beside these two, of those that it states. */
  readonly otherPrices: OwnPrices;
  /** Prices of longer prompts, by rising length; empty where `inputPer1M` is null. */
  readonly tiers: readonly PriceTier[];
  /** Who serves the model, by the id in the price list where its prices are to be taken from there. */
  readonly provider: string | null;
  /** The model's id in the price list, where it is another than `id`. */
  readonly priceId: string | null;
  /** The fields that state facts of the model, `provider` among them. */
  readonly facts: ModelFacts;
  /** All other fields, as they are. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/**
 * Reads models.json: an array of {id, inputPer1M, outputPer1M, cachedInputPer1M, reasoningPer1M,
 * reasoningTokensPerAnswer, tiers, provider, priceId, ...}, prices in USD per 1M tokens; all but the id are optional, as are
 * the fields of `ModelFacts`; null is as good as absent. `tiers` are an array of `PriceTier`.
 * @throws ERR_INVALID_PRICE for a price that is negative, not a finite number or without its pair, and for tiers that do
 * not rise, are misspelt or have no price below them; ERR_INVALID_DATA for anything else that is wrong in the file;
 * ERR_FILE_NOT_FOUND; ERR_IO.
 */
export async function readModels(path: string): Promise<ReadonlyMap<string, ModelEntry>> {
  const models = new Map<string, ModelEntry>();
  for (const [index, value] of (await readArray(path)).entries()) {
    const where = `${path}, entry ${index + 1}`;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalidData(where, `expected an object, got ${shown(value)}`);
    }
    const { id, ...fields } = value as Record<string, unknown>;
    if (typeof id !== 'string') throw invalidData(where, `id: expected text, got ${shown(id)}`);
    const model = checkModel(id, where);
    if (models.has(model)) throw invalidData(where, `the model ${shown(model)} occurs twice`);
    models.set(model, readEntry(model, fields, `${where} (${model})`));
  }
  if (models.size === 0) throw invalidData(path, 'expected at least one model, got none');
  return models;
}

async function readArray(path: string): Promise<readonly unknown[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw fileError(path, cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw invalidData(
      path,
      `expected JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
  if (!Array.isArray(value)) throw invalidData(path, `expected a JSON array of models, got ${shown(value)}`);
  const repeated = duplicateKey(text);
  if (repeated !== null) throw invalidData(path, `the key ${shown(repeated)} occurs twice in one object`);
  return value;
}

function readEntry(model: string, fields: Readonly<Record<string, unknown>>, where: string): ModelEntry {
  const { inputPer1M, outputPer1M, tiers, priceId, ...rest } = fields;
  const others = { ...rest };
  const otherPrices: { -readonly [Name in keyof OwnPrices]: number } = {};
  for (const name of ownPriceNames) {
    const price = checkPrice(rest[name], `${where}, ${name}`);
    if (price !== null) otherPrices[name] = price;
    delete others[name];
  }
  const provider = checkLabel(rest.provider, where, 'provider');
  const prices = checkPrices(inputPer1M, outputPer1M, where);
  return {
    ...prices,
    otherPrices,
    tiers: readTiers(model, tiers, prices.inputPer1M !== null, where),
    provider,
    priceId: checkLabel(priceId, where, 'priceId'),
    ...partFacts({ ...others, provider }, where),
  };
}

function partFacts(
  fields: Readonly<Record<string, unknown>>,
  where: string,
): Pick<ModelEntry, 'facts' | 'extra'> {
  const isFact = ([name]: readonly [string, unknown]) => (factNames as readonly string[]).includes(name);
  const entries = Object.entries(fields);
  const stated = entries.filter((entry) => isFact(entry) && entry[1] !== null);
  const facts = v.safeParse(modelFactsSchema, Object.fromEntries(stated));
  if (!facts.success) {
    const [issue] = facts.issues;
    throw invalidData(
      where,
      `${v.getDotPath(issue) ?? ''}: expected ${issue.expected}, got ${issue.received}`,
    );
  }
  return { facts: facts.output, extra: Object.fromEntries(entries.filter((entry) => !isFact(entry))) };
}

function checkPrices(
  input: unknown,
  output: unknown,
  where: string,
): Pick<ModelEntry, 'inputPer1M' | 'outputPer1M'> {
  const inputPer1M = checkPrice(input, `${where}, inputPer1M`);
  const outputPer1M = checkPrice(output, `${where}, outputPer1M`);
  if ((inputPer1M === null) !== (outputPer1M === null)) {
    const missing = inputPer1M === null ? 'inputPer1M' : 'outputPer1M';
    throw new PointsmanError(
      'ERR_INVALID_PRICE',
      `${where}: expected both prices or none, got no ${missing}`,
    );
  }
  return { inputPer1M, outputPer1M };
}

/** Tiers stand above a price that the file states itself: a listed price comes with its own. */
function readTiers(model: string, value: unknown, isPriced: boolean, where: string): readonly PriceTier[] {
  if (value === undefined || value === null) return [];
  if (!isPriced) {
    const message = `${where}: expected inputPer1M and outputPer1M for prompts below the tiers, got tiers alone`;
    throw new PointsmanError('ERR_INVALID_PRICE', message);
  }
  const tiers = value as readonly PriceTier[];
  try {
    checkTiers(model, tiers);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PointsmanError('ERR_INVALID_PRICE', `${where}: ${reason}`, { cause });
  }
  return tiers;
}

function checkPrice(value: unknown, where: string): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY) return value;
  throw new PointsmanError(
    'ERR_INVALID_PRICE',
    `${where}: expected ${where.endsWith('Per1M') ? 'USD per 1M tokens' : 'tokens'}, finite and not negative, got ${shown(value)}`,
  );
}
