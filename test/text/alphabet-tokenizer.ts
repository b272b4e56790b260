import { alphabet } from './fuzzed-texts.ts';

type Normalizer = {
  readonly clean_text: boolean;
  readonly handle_chinese_chars: boolean;
  readonly strip_accents: boolean | null;
  readonly lowercase: boolean;
};

type AddedToken = {
  readonly content: string;
  readonly single_word?: boolean;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
  readonly normalized?: boolean;
};

export interface AlphabetOptions {
  readonly normalizer: Normalizer | null;
  readonly addedTokens: readonly AddedToken[];
  readonly maxCharsPerWord: number;
}

/** Every so many characters may not continue a word, so that words without pieces occur too. */
const everyNth = 7;

/**
 * A tokenizer.json whose vocabulary is single characters, nearly all that fuzzed texts are made of. A real vocabulary
 * answers [UNK] to most of them and so hides what normalisation did; this one shows every character of the result.
 * It has fewer tokens than the encoder it is opened with.
 */
export function alphabetTokenizer({ normalizer, addedTokens, maxCharsPerWord }: AlphabetOptions): string {
  const vocab: Record<string, number> = { '[UNK]': 0, '[CLS]': 1, '[SEP]': 2 };
  const pieces = new Set(['ab', '##ab', 'the', '##er']);
  for (const [first, last] of alphabet) {
    // Hangul syllables and compatibility ideographs decompose into what is here already, or are many of a kind.
    const step = last - first > 2000 ? 64 : 1;
    for (let c = first; c <= last; c += step) {
      const character = String.fromCodePoint(c);
      for (const form of [character, ...character.normalize('NFD'), ...character.toLowerCase()]) {
        pieces.add(form);
        if ((form.codePointAt(0) ?? 0) % everyNth !== 0) pieces.add(`##${form}`);
      }
    }
  }
  let id = Object.keys(vocab).length;
  for (const piece of pieces) vocab[piece] ??= id++;
  return JSON.stringify({
    version: '1.0',
    added_tokens: addedTokens.map((token) => ({
      id: vocab[token.content] ?? id++,
      special: false,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      ...token,
    })),
    normalizer: normalizer === null ? null : { type: 'BertNormalizer', ...normalizer },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: { type: 'BertProcessing', sep: ['[SEP]', 2], cls: ['[CLS]', 1] },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: maxCharsPerWord,
      vocab,
    },
  });
}
