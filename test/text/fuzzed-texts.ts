import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** First and last code points of what texts are made of: the scripts and blocks where normalisation has rules. */
export const alphabet: readonly (readonly [number, number])[] = [
  [0x20, 0x7e],
  [0x61, 0x7a],
  [0x00, 0x1f],
  [0x80, 0x24f],
  [0x2b0, 0x36f],
  [0x370, 0x52f],
  [0x590, 0x6ff],
  [0x8d0, 0x8ff],
  [0x900, 0xdff],
  [0xe00, 0xeff],
  [0x1100, 0x11ff],
  [0x1ab0, 0x1aff],
  [0x1b00, 0x1b7f],
  [0x1dc0, 0x1fff],
  [0x2000, 0x214f],
  [0x3000, 0x30ff],
  [0x4e00, 0x4e3f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe00, 0xffff],
  [0x11000, 0x1147f],
  [0x1d15e, 0x1d172],
  [0x1e000, 0x1e02a],
  [0x1e8d0, 0x1e95f],
  [0x1f300, 0x1f64f],
  [0x20000, 0x2000f],
  [0x2b820, 0x2b82f],
  [0x2f800, 0x2fa1d],
];

/** Combining marks of many classes, some of which the reference does not strip, and two that only look like marks. */
const marks = [
  ...[0x300, 0x301, 0x302, 0x323, 0x334, 0x345, 0x5b0, 0x7fd, 0x8d4, 0x8e1, 0x9be, 0x9d7, 0x1ab0, 0x1abf],
  ...[0x1b34, 0x1b44, 0x1dfa, 0x200d, 0x302e, 0x302f, 0xfe0f, 0x11442, 0x1d165, 0x1d16d, 0x1e000, 0x1e94a],
];

const fragments: readonly string[] = [
  ...['Hello', 'world', "don't", '3.14', '$5', 'snake_case', 'naïve', 'straße', 'ISTANBUL', 'İstanbul'],
  ...[
    'ΟΔΥΣΣΕΥΣ',
    'Ǆǅǆ',
    '中文',
    '日本語テスト',
    '한국어',
    'שָׁלוֹם',
    'العربية',
    'हिन्दी',
    'ภาษาไทย',
    '👩‍👩‍👧‍👦',
    '🏳️‍🌈',
  ],
  ...['[SEP]', '[MASK]', '[CLS]', '[UNK]', '[PAD]', '[sep]', '[ MASK ]', '[MASK', '[[MASK]]', '<x>', '<X>'],
  ...['\t', '\r\n', '  ', '\u00a0', '\u3000', '\u2028', '\u0085', '\0', '\ufffd', '\ufeff'],
  ...['x'.repeat(99), 'Ab'.repeat(50), 'é'.repeat(101), '\u0301'.repeat(120)],
];

/** `count` texts of mixed scripts, the same for the same seed. Some hold lone surrogates. */
export function fuzzedTexts(seed: number, count: number): string[] {
  const generator = xoroshiro128plus(seed);
  const below = (end: number) => uniformInt(generator, 0, end - 1);
  const pick = <T>(from: readonly T[]): T => {
    const chosen = from[below(from.length)];
    if (chosen === undefined) throw new RangeError('cannot pick from an empty list');
    return chosen;
  };
  const repeat = (most: number, part: () => string) => Array.from({ length: 1 + below(most) }, part).join('');
  const part = (): string => {
    const kind = below(100);
    if (kind < 35) {
      const [first, last] = pick(alphabet);
      return repeat(4, () => String.fromCodePoint(first + below(last - first + 1)));
    }
    if (kind < 50) return repeat(6, () => String.fromCodePoint(pick(marks)));
    if (kind < 80) return pick(fragments);
    if (kind < 96) return ' ';
    return String.fromCharCode(0xd800 + below(0x800));
  };
  return Array.from({ length: count }, () => repeat(30, part));
}
