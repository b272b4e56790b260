import {
  checkAmount,
  checkLabel,
  checkModel,
  checkPrompt,
  checkScore,
  invalidData,
  shown,
} from './fields.ts';
import type { OpenFile } from './file.ts';
import { duplicateKey } from './json-keys.ts';
import { readLines } from './lines.ts';
import type { DataRow } from './row.ts';

type JsonObject = Readonly<Record<string, unknown>>;
type Check = (value: unknown, where: string, field: string, model: string) => number;

/**
 * Rows of a JSON Lines file: one object a line with `prompt` and `scores` {model: 0..1}, and where known `id`,
 * `source`, `cost` {model: USD}, `inputTokens` and `outputTokens` (a number for all models or {model: count}), `title`,
 * `dupOf`, `contaminated`. Other fields are left alone.
 */
export async function* readJsonl(
  path: string,
  file: OpenFile,
  { unscored = false }: { readonly unscored?: boolean } = {},
): AsyncGenerator<DataRow> {
  for await (const { number, text } of readLines(path, file.chunks)) {
    const where = `${path}:${number}`;
    yield rowFromJson(parseObject(text, where), where, unscored);
  }
}

function parseObject(text: string, where: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw invalidData(
      where,
      `expected one JSON object on the line, got text that is not JSON: ${reason}`,
      cause,
    );
  }
  if (!isObject(value)) throw invalidData(where, `expected a JSON object, got ${shown(value)}`);
  const repeated = duplicateKey(text);
  if (repeated !== null) throw invalidData(where, `the key ${shown(repeated)} occurs twice in one object`);
  return value;
}

function rowFromJson(value: JsonObject, where: string, unscored: boolean): DataRow {
  const prompt = checkPrompt(value.prompt, where);
  const given = unscored ? (value.scores ?? {}) : value.scores;
  if (!isObject(given)) {
    throw invalidData(where, `scores: expected an object of model and score, got ${shown(value.scores)}`);
  }
  const scores = perModel(given, 'scores', checkScore, where);
  if (scores.size === 0 && !unscored)
    throw invalidData(where, 'scores: expected at least one model, got none');
  const models = [...scores.keys()];
  return {
    where,
    prompt,
    scores,
    id: checkLabel(value.id, where, 'id'),
    source: checkLabel(value.source, where, 'source') ?? '',
    title: checkLabel(value.title, where, 'title'),
    dupOf: checkLabel(value.dupOf, where, 'dupOf'),
    contaminated: checkFlag(value.contaminated, where, 'contaminated'),
    costsUsd: perModel(value.cost ?? {}, 'cost', checkAmount, where),
    inputTokens: tokensPerModel(value.inputTokens, 'inputTokens', models, where),
    outputTokens: tokensPerModel(value.outputTokens, 'outputTokens', models, where),
  };
}

function perModel(value: unknown, field: string, check: Check, where: string): Map<string, number> {
  if (!isObject(value)) {
    throw invalidData(where, `${field}: expected an object with models as keys, got ${shown(value)}`);
  }
  const amounts = new Map<string, number>();
  for (const [key, amount] of Object.entries(value)) {
    const model = checkModel(key, where);
    if (amounts.has(model)) throw invalidData(where, `${field}: the model ${shown(model)} occurs twice`);
    amounts.set(model, check(amount, where, field, model));
  }
  return amounts;
}

function tokensPerModel(
  value: unknown,
  field: string,
  models: readonly string[],
  where: string,
): Map<string, number> {
  if (value === undefined || value === null) return new Map();
  if (isObject(value)) return perModel(value, field, checkAmount, where);
  const tokens = checkAmount(value, where, field);
  return new Map(models.map((model) => [model, tokens]));
}

function checkFlag(value: unknown, where: string, field: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  throw invalidData(where, `${field}: expected true or false, got ${shown(value)}`);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
