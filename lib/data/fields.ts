import { PointsmanError } from '../errors.ts';

/** A refusal of the data: where it is, what was expected and what was found. */
export function invalidData(where: string, problem: string, cause?: unknown): PointsmanError {
  return new PointsmanError('ERR_INVALID_DATA', `${where}: ${problem}`, cause === undefined ? {} : { cause });
}

/** A value as a message shows it: JSON, cut to 40 characters. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  const text = JSON.stringify(value) ?? typeof value;
  return text.length <= 40 ? text : `${text.slice(0, 37)}...`;
}

export function checkPrompt(value: unknown, where: string): string {
  if (typeof value !== 'string') {
    throw invalidData(where, `prompt: expected text, got ${shown(value)}`);
  }
  if (value.trim() === '') throw invalidData(where, 'prompt: expected text, got an empty one');
  return value;
}

/** A label that may be absent: null for undefined, null and ''. Whole numbers are taken as their decimal text. */
export function checkLabel(value: unknown, where: string, field: string): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return String(value);
  throw invalidData(where, `${field}: expected text, got ${shown(value)}`);
}

/** A model id without the spaces around it. */
export function checkModel(value: string, where: string): string {
  const model = value.trim();
  if (model === '') throw invalidData(where, 'expected the id of a model, got an empty one');
  return model;
}

/** @param model the model whose value of `field` it is, where `field` alone does not say. */
export function checkScore(value: unknown, where: string, field: string, model?: string): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw invalidData(where, `${named(field, model)}: expected a score from 0 to 1, got ${shown(value)}`);
}

/** A cost or a token count: finite and not negative. */
export function checkAmount(value: unknown, where: string, field: string, model?: string): number {
  if (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY) return value;
  const expected = 'expected a finite number that is not negative';
  throw invalidData(where, `${named(field, model)}: ${expected}, got ${shown(value)}`);
}

function named(field: string, model: string | undefined): string {
  return model === undefined ? field : `${field}[${shown(model)}]`;
}
