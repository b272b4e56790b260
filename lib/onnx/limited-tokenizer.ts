import type { NativeTokenCount, TextViewName } from '../../bindings/addon.ts';
import { PointsmanError } from '../errors.ts';
import type { TextTokenizer } from './text-tokenizer.ts';

/** The part of a tokenizer of `@huggingface/tokenizers` that is used: it knows no limits. */
export interface FullTokenizer {
  encode(
    text: string,
    options: { readonly add_special_tokens: boolean },
  ): { readonly ids: readonly number[] };
}

/** Characters to read per token wanted, at first; doubled while that gives too few. */
const charactersPerToken = 8;
/** A cut inside a word changes the tokens before it; this many are read beyond those wanted. */
const margin = 32;

/** Adds truncation to a tokenizer without reading much more of a long text than is needed. */
export class LimitedTokenizer implements TextTokenizer {
  readonly #tokenizer: FullTokenizer;
  /** Ids that stand before and after every text. */
  readonly #before: readonly number[];
  readonly #after: readonly number[];

  constructor(tokenizer: FullTokenizer) {
    this.#tokenizer = tokenizer;
    const { before, after } = specialTokens(tokenizer);
    this.#before = before;
    this.#after = after;
  }

  encode(text: string, maxTokens: number, view: TextViewName = 'head'): Int32Array {
    if (view !== 'head') {
      throw new PointsmanError(
        'ERR_UNSUPPORTED',
        `the view ${view} needs a WordPiece tokeniser, this encoder has another: train with the view "head"`,
      );
    }
    const room = maxTokens - this.#before.length - this.#after.length;
    if (room < 1) {
      const needed = maxTokens - room + 1;
      throw new PointsmanError(
        'ERR_INVALID_ARGUMENT',
        `maxTokens must be at least ${needed}, got ${maxTokens}`,
      );
    }
    const { ids } = this.#read(text, room);
    return Int32Array.from([...this.#before, ...ids.slice(0, room), ...this.#after]);
  }

  countTokens(text: string, limit: number): NativeTokenCount {
    const { ids, characters } = this.#read(text, limit);
    const bytes = Buffer.byteLength(text);
    const bytesRead = characters === text.length ? bytes : Buffer.byteLength(text.slice(0, characters));
    return { tokens: ids.length, bytesRead, bytes };
  }

  /** Ids of the text without special ones: all of them, or at least `wanted` + margin of its beginning. */
  #read(text: string, wanted: number): { readonly ids: readonly number[]; readonly characters: number } {
    for (let characters = (wanted + margin) * charactersPerToken; ; characters *= 2) {
      const part = text.slice(0, characters);
      const { ids } = this.#tokenizer.encode(part, { add_special_tokens: false });
      if (part.length === text.length || ids.length >= wanted + margin)
        return { ids, characters: part.length };
    }
  }
}

/** What a tokenizer puts around a text, found by comparing a text with and without. */
function specialTokens(tokenizer: FullTokenizer): {
  readonly before: readonly number[];
  readonly after: readonly number[];
} {
  const bare = tokenizer.encode('a', { add_special_tokens: false }).ids;
  const full = tokenizer.encode('a', { add_special_tokens: true }).ids;
  for (let start = 0; start + bare.length <= full.length; start++) {
    if (bare.every((id, index) => full[start + index] === id)) {
      return { before: full.slice(0, start), after: full.slice(start + bare.length) };
    }
  }
  throw new PointsmanError('ERR_UNSUPPORTED', 'the tokenizer changes a text where it adds special tokens');
}
