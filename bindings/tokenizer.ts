import type { NativeTokenCount, NativeTokenizer, TextViewName } from './addon.ts';
import { loadAddon } from './load.ts';

/**
 * Opens a WordPiece tokenizer.json for this thread. Throws ERR_INVALID_ARGUMENT, ERR_FILE_NOT_FOUND, ERR_CORRUPT_FILE,
 * or ERR_UNSUPPORTED naming the component that is not implemented.
 */
export function openTokenizer(path: string): Tokenizer {
  return new Tokenizer(new (loadAddon().Tokenizer)(path));
}

/** Text to token ids, see `NativeTokenizer`. Holds native memory until disposed, by hand or by `using`. */
export class Tokenizer implements NativeTokenizer, Disposable {
  readonly #native: NativeTokenizer;
  readonly vocabularySize: number;
  readonly specialTokens: number;

  /** @internal Use `openTokenizer`. */
  constructor(native: NativeTokenizer) {
    this.#native = native;
    this.vocabularySize = native.vocabularySize;
    this.specialTokens = native.specialTokens;
  }

  encode(text: string, maxTokens: number, view?: TextViewName): Int32Array {
    return this.#native.encode(text, maxTokens, view);
  }

  countTokens(text: string, limit: number): NativeTokenCount {
    return this.#native.countTokens(text, limit);
  }

  dispose(): void {
    this.#native.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
