import { readFileSync } from 'node:fs';
import { Tokenizer } from 'tokenizers';
import { expect } from 'vitest';
import type { NativeEngine } from '../../bindings/addon.ts';

export const unlimited = 1_000_000;

/** The reference implementation on the same file, without the file's own truncation and padding. */
export function openReference(file: string): Tokenizer {
  const tokenizer = Tokenizer.fromString(readFileSync(file, 'utf8'));
  tokenizer.disableTruncation();
  tokenizer.disablePadding();
  return tokenizer;
}

/** Ids of many texts, in a few calls. */
export async function referenceIds(reference: Tokenizer, texts: readonly string[]): Promise<number[][]> {
  const step = 1000;
  const ids: number[][] = [];
  for (let i = 0; i < texts.length; i += step) {
    const encodings = await reference.encodeBatch(texts.slice(i, i + step));
    ids.push(...encodings.map((encoding) => encoding.getIds()));
  }
  return ids;
}

interface Difference {
  /** With every character outside printable ASCII escaped. */
  readonly text: string;
  readonly ids: string;
  readonly reference: string;
}

function escaped(text: string): string {
  return [...text]
    .map((character) => {
      const codePoint = character.codePointAt(0) ?? 0;
      return codePoint > 0x1f && codePoint < 0x7f ? character : `\\u{${codePoint.toString(16)}}`;
    })
    .join('');
}

/** The texts that the engine reads otherwise than the reference. */
export async function differences(
  engine: NativeEngine,
  reference: Tokenizer,
  texts: readonly string[],
): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const [i, expected] of (await referenceIds(reference, texts)).entries()) {
    const text = texts[i] ?? '';
    const ids = engine.tokenize(text, unlimited).join(' ');
    if (ids !== expected.join(' ')) found.push({ text: escaped(text), ids, reference: expected.join(' ') });
  }
  return found;
}

export async function expectParity(
  engine: NativeEngine,
  reference: Tokenizer,
  texts: readonly string[],
): Promise<void> {
  const found = await differences(engine, reference, texts);
  expect(found.slice(0, 5), `${found.length} of ${texts.length} texts differ`).toEqual([]);
}
