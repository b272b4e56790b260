import { distance } from 'fastest-levenshtein';
import { PointsmanError } from './errors.ts';

/** Throws ERR_UNKNOWN_MODEL, with the nearest known id, unless `id` is one of `models`. */
export function checkModel(id: unknown, models: readonly string[]): void {
  if (typeof id === 'string' && models.includes(id)) return;
  throw new PointsmanError(
    'ERR_UNKNOWN_MODEL',
    `unknown model ${describe(id)}${suggestion(id, models)}; this router knows ${models.join(', ')}`,
  );
}

/** Throws ERR_UNKNOWN_OPTION, with the nearest known name, for a property that is not in `known`. */
export function checkNames(options: object, known: readonly string[], what: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new PointsmanError('ERR_INVALID_ARGUMENT', `${what}s must be an object, got ${describe(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new PointsmanError(
      'ERR_UNKNOWN_OPTION',
      `unknown ${what} ${describe(name)}${suggestion(name, known)}; known: ${known.join(', ')}`,
    );
  }
}

/** ", did you mean "x"?" where a known name is near. */
export function suggestion(name: unknown, known: readonly string[]): string {
  if (typeof name !== 'string') return '';
  const wanted = name.toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, edits: distance(wanted, candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const nearest = ranked[0];
  const nearEnough = nearest !== undefined && nearest.edits <= Math.max(2, name.length / 3);
  return nearEnough ? `, did you mean "${nearest.candidate}"?` : '';
}

/** A number in [min, max]; NaN and other types are refused with ERR_INVALID_ARGUMENT. */
export function checkNumber(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  const range = max === Number.POSITIVE_INFINITY ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    `${name} must be a number ${range}, got ${describe(value)}`,
  );
}

/** A number above 0 and below 1. */
export function checkOpenShare(name: string, value: unknown): number {
  if (typeof value === 'number' && value > 0 && value < 1) return value;
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    `${name} must be a number above 0 and below 1, got ${describe(value)}`,
  );
}

/** True or false, and nothing that is merely like it. */
export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new PointsmanError('ERR_INVALID_ARGUMENT', `${name} must be true or false, got ${describe(value)}`);
}

/** A whole number in [min, max]. */
export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  if (Number.isInteger(value)) return checkNumber(name, value, min, max);
  throw new PointsmanError('ERR_INVALID_ARGUMENT', `${name} must be a whole number, got ${describe(value)}`);
}

/** A short rendering of any value for an error message. */
export function describe(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (typeof value === 'number' || value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value;
}

/** One of a few words. */
export function checkChoice<T extends string>(name: string, value: unknown, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    `${name} must be one of ${choices.join(', ')}, got ${describe(value)}`,
  );
}
