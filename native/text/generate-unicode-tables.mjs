// Writes unicode_tables.generated.cc. Run from the repository root after `npm ci`:
//
//   node native/text/generate-unicode-tables.mjs
//
// The tables must agree with the reference implementation, the npm package `tokenizers`, on every code point, because
// that is what the encoders were trained with. It mixes the data of several Unicode versions (general categories of
// Unicode 8, an older NFD than its lower-casing, regex word characters of a third version), and none of them is the
// ICU of Node. So no single Unicode version is right, and the tables are derived by asking the reference itself: each
// property is read off the answer of one public component for one code point. What remains of Unicode here is the
// algorithm: canonical ordering is a stable sort by combining class, and Hangul decomposes arithmetically.
import { readFileSync, writeFileSync } from 'node:fs';
import { bertNormalizer, bertPreTokenizer, nfdNormalizer, Tokenizer } from 'tokenizers';

const OUTPUT = new URL('./unicode_tables.generated.cc', import.meta.url);

// Bits of a code point's entry; the same values as in unicode_tables.h.
const SPACE = 1;
const REMOVED = 2;
const PUNCTUATION = 4;
const CJK = 8;
const WORD = 16;
const FOLDS = 32;
const LOWERS = 64;
const REORDERS = 128;

// Mapping::kMaxLength in unicode_tables.h.
const MAX_EXPANSION = 3;

const HANGUL_FIRST = 0xac00;
const HANGUL_LAST = 0xd7a3;

const off = { cleanText: false, handleChineseChars: false, stripAccents: false, lowercase: false };
const clean = bertNormalizer({ ...off, cleanText: true });
const cjk = bertNormalizer({ ...off, handleChineseChars: true });
const strip = bertNormalizer({ ...off, stripAccents: true });
const lower = bertNormalizer({ ...off, lowercase: true });
const nfd = nfdNormalizer();
const preTokenizer = bertPreTokenizer();

const codePoints = [];
for (let c = 0; c <= 0x10ffff; c++) if (c < 0xd800 || c > 0xdfff) codePoints.push(c);

function toCodePoints(text) {
  return [...text].map((character) => character.codePointAt(0));
}

// A single_word token next to `c` is refused exactly where `c` is a word character.
async function wordCharacters() {
  const token = '[X]';
  const tokenizer = Tokenizer.fromString(
    JSON.stringify({
      version: '1.0',
      added_tokens: [
        {
          id: 1,
          content: token,
          single_word: true,
          lstrip: false,
          rstrip: false,
          normalized: false,
          special: true,
        },
      ],
      pre_tokenizer: { type: 'BertPreTokenizer' },
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab: { '[UNK]': 0, [token]: 1 },
      },
    }),
  );
  const found = new Set();
  const step = 20000;
  for (let i = 0; i < codePoints.length; i += step) {
    const batch = codePoints.slice(i, i + step);
    const encodings = await tokenizer.encodeBatch(batch.map((c) => String.fromCodePoint(c) + token));
    encodings.forEach((encoding, k) => {
      if (!encoding.getIds().includes(1)) found.add(batch[k]);
    });
  }
  return found;
}

const swaps = (a, b) => {
  const text = String.fromCodePoint(a, b);
  const singles = nfd.normalizeString(String.fromCodePoint(a)) + nfd.normalizeString(String.fromCodePoint(b));
  return nfd.normalizeString(text) !== singles;
};

// Non-zero combining class: moves past a mark of the lowest class (U+0334, 1) or lets one of the highest (U+0345, 240)
// move past it.
function isNonstarter(c) {
  return swaps(c, 0x334) || swaps(0x345, c);
}

// The normaliser orders characters after it dropped nonspacing marks. That comes to the same as before, unless a dropped
// starter, which stops reordering, stands in a decomposition beside a nonstarter that is kept.
function checkStarters(c, folded) {
  const starters = (text) => toCodePoints(text).filter((part) => !isNonstarter(part)).length;
  const drops = starters(nfd.normalizeString(String.fromCodePoint(c))) > starters(folded);
  if (drops && starters(folded) < [...folded].length) {
    throw new Error(`U+${c.toString(16)} loses a starter beside a nonstarter`);
  }
}

// Ranks from 1 that order as the combining classes do.
function combiningRanks(nonstarters) {
  const order = (a, b) => (swaps(a, b) ? 1 : swaps(b, a) ? -1 : 0);
  const sorted = [...nonstarters].sort(order);
  const ranks = new Map();
  let rank = 0;
  sorted.forEach((c, i) => {
    if (i === 0 || order(sorted[i - 1], c) !== 0) rank++;
    ranks.set(c, rank);
  });
  return ranks;
}

// Code points that do not map to themselves, as runs over a pool of targets. Short gaps are filled with identities.
// Targets are encoded as unicode_data.h says.
class MappingTable {
  static #EXPANSION = 0x80000000;
  static #MAX_GAP = 4;
  runs = [];
  targets = [];
  #last = -Infinity;

  add(c, target, expansions) {
    let run = this.runs.at(-1);
    if (run === undefined || c - this.#last - 1 > MappingTable.#MAX_GAP) {
      run = { first: c, count: 0, offset: this.targets.length };
      this.runs.push(run);
    }
    for (let gap = run.first + run.count; gap < c; gap++) this.#push(run, gap);
    this.#push(run, this.#encode(target, expansions));
    this.#last = c;
  }

  #push(run, target) {
    run.count++;
    this.targets.push(target);
  }

  #encode(target, expansions) {
    if (target.length === 1) return target[0];
    if (target.length > MAX_EXPANSION)
      throw new Error('an expansion is longer than Mapping in unicode_tables.h');
    const offset = expansions.length;
    expansions.push(...target);
    return MappingTable.#EXPANSION + offset * 16 + target.length;
  }
}

async function collect() {
  const words = await wordCharacters();
  const fold = new MappingTable();
  const lowerCase = new MappingTable();
  const expansions = [];
  const nonstarters = [];
  const classes = new Uint8Array(0x110000);
  for (const c of codePoints) {
    const text = String.fromCodePoint(c);
    const pieces = preTokenizer.preTokenizeString(`a${text}b`).length;
    const folded = strip.normalizeString(text);
    const lowered = lower.normalizeString(text);
    let bits = 0;
    if (pieces === 2) bits |= SPACE;
    if (pieces === 3) bits |= PUNCTUATION;
    if (clean.normalizeString(text) === '') bits |= REMOVED;
    if (cjk.normalizeString(text) !== text) bits |= CJK;
    if (words.has(c)) bits |= WORD;
    if (isNonstarter(c)) {
      // unicode_tables.h promises that such characters only ever extend a word.
      if (bits & (SPACE | PUNCTUATION | CJK)) throw new Error(`U+${c.toString(16)} reorders and separates`);
      bits |= REORDERS;
      if (folded === text) nonstarters.push(c);
    }
    if (folded !== text) {
      bits |= FOLDS;
      if (folded !== '') checkStarters(c, folded);
      if (c < HANGUL_FIRST || c > HANGUL_LAST) fold.add(c, toCodePoints(folded), expansions);
    }
    if (lowered !== text) {
      bits |= LOWERS;
      lowerCase.add(c, toCodePoints(lowered), expansions);
    }
    classes[c] = bits;
  }
  return { classes, fold, lowerCase, expansions, ranks: combiningRanks(nonstarters) };
}

// Three stages of 4096, 32 and 1 code points; equal blocks are stored once.
function stages(classes) {
  const leaves = { index: new Map(), data: [] };
  const middles = { index: new Map(), data: [] };
  const intern = (table, block) => {
    const key = block.join();
    let at = table.index.get(key);
    if (at === undefined) {
      at = table.index.size;
      table.index.set(key, at);
      table.data.push(...block);
    }
    return at;
  };
  const top = [];
  for (let page = 0; page < 0x110000; page += 4096) {
    const middle = [];
    for (let block = page; block < page + 4096; block += 32) {
      middle.push(intern(leaves, [...classes.subarray(block, block + 32)]));
    }
    top.push(intern(middles, middle));
  }
  return { top, middle: middles.data, leaf: leaves.data };
}

function array(type, name, values) {
  const lines = [];
  let line = '';
  for (const value of values) {
    if (line.length + value.length + 1 > 118) {
      lines.push(line);
      line = '';
    }
    line += `${value},`;
  }
  lines.push(line);
  return `const ${type} ${name}[${values.length}] = {\n${lines.join('\n')}\n};\n`;
}

const numbers = (values) => values.map(String);
const runs = (table) => table.runs.map(({ first, count, offset }) => `{${first},${count},${offset}}`);

function render({ classes, fold, lowerCase, expansions, ranks }, version) {
  const { top, middle, leaf } = stages(classes);
  const nonstarters = [...ranks].sort(([a], [b]) => a - b).map(([c, rank]) => `{${c},${rank}}`);
  const parts = [
    array('std::uint8_t', 'kClassTop', numbers(top)),
    array('std::uint16_t', 'kClassMiddle', numbers(middle)),
    array('std::uint8_t', 'kClassLeaf', numbers(leaf)),
    array('MappingRun', 'kFoldRuns', runs(fold)),
    array('std::uint32_t', 'kFoldTargets', numbers(fold.targets)),
    array('MappingRun', 'kLowerRuns', runs(lowerCase)),
    array('std::uint32_t', 'kLowerTargets', numbers(lowerCase.targets)),
    array('char32_t', 'kExpansions', numbers(expansions)),
    array('CombiningRank', 'kCombiningRanks', nonstarters),
    `const std::size_t kFoldRunCount = ${fold.runs.length};\n`,
    `const std::size_t kLowerRunCount = ${lowerCase.runs.length};\n`,
    `const std::size_t kCombiningRankCount = ${nonstarters.length};\n`,
  ];
  return `// GENERATED by native/text/generate-unicode-tables.mjs from the npm package tokenizers ${version}. Do not edit.
// See the generator for where each property comes from, and unicode_data.h for what it means.
#include "text/unicode_data.h"

namespace pointsman::unicode {

${parts.join('\n')}
}  // namespace pointsman::unicode
`;
}

// How far the reference is from this Node's Unicode version: what a plain ICU table would get wrong.
function reportDifferences({ classes }) {
  const properties = [
    ['white space', SPACE, /\p{White_Space}/u],
    ['punctuation', PUNCTUATION, /[\p{P}$+<=>^`|~]/u],
    ['removed', REMOVED, /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\uFFFD]/u],
    ['word character', WORD, /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u],
  ];
  for (const [name, bit, pattern] of properties) {
    const differing = codePoints.filter(
      (c) => ((classes[c] & bit) !== 0) !== pattern.test(String.fromCodePoint(c)),
    );
    console.log(`${name}: ${differing.length} code points differ from Unicode ${process.versions.unicode}`);
  }
}

const manifest = new URL('../../node_modules/tokenizers/package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
const tables = await collect();
writeFileSync(OUTPUT, render(tables, version));
reportDifferences(tables);
