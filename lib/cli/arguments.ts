import { InvalidArgumentError, Option } from 'commander';
import { backends, devices } from '../options.ts';

export function backendOption(): Option {
  return new Option('--backend <name>', 'what encodes').choices(backends).default('auto');
}

export function deviceOption(): Option {
  return new Option('--device <name>', 'where to encode and score').choices(devices).default('auto');
}

/** Parses a number of the command line; the library checks its range. */
export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new InvalidArgumentError('Not a number.');
  return value;
}

/** Parses "a,b,c". */
export function parseList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** The argument itself, or standard input for "-". */
export async function readTextArgument(argument: string): Promise<string> {
  if (argument !== '-') return argument;
  process.stdin.setEncoding('utf8');
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  return text;
}
