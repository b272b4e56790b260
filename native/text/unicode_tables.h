// What the BERT normaliser and pre-tokeniser ask of Unicode. The tables behind it are generated from the
// reference implementation (see generate-unicode-tables.mjs), so they match no single Unicode version.
#pragma once

#include <cstddef>
#include <cstdint>

#include "text/unicode_data.h"

namespace pointsman::unicode {

// Bits of a code point's class.
inline constexpr std::uint8_t kSpace = 1;  // White_Space
inline constexpr std::uint8_t kRemoved =
    2;  // dropped by clean_text: control, format, private use, NUL, U+FFFD
inline constexpr std::uint8_t kPunctuation = 4;  // a word of its own
inline constexpr std::uint8_t kCjk = 8;          // padded by spaces under handle_chinese_chars
inline constexpr std::uint8_t kWord = 16;   // \w of a regular expression, for added tokens with single_word
inline constexpr std::uint8_t kFolds = 32;  // strip_accents changes it (nonspacing marks: to nothing)
inline constexpr std::uint8_t kLowers = 64;
inline constexpr std::uint8_t kReorders =
    128;  // survives strip_accents and has a combining class; never separates words

inline std::uint8_t char_class(char32_t c) {
  const std::size_t middle = kClassTop[c >> 12] * std::size_t{128} + ((c >> 5) & 127);
  return kClassLeaf[kClassMiddle[middle] * std::size_t{32} + (c & 31)];
}

// What one code point turns into; empty for a nonspacing mark.
struct Mapping {
  static constexpr std::size_t kMaxLength = 3;
  char32_t code_points[kMaxLength];
  std::size_t length;

  const char32_t* begin() const noexcept { return code_points; }
  const char32_t* end() const noexcept { return code_points + length; }
};

// Canonical decomposition without its nonspacing marks. Identity for a code point that is not kFolds.
Mapping fold(char32_t c);

// Lower case of one character, whatever surrounds it. Identity for a code point that is not kLowers.
Mapping lower(char32_t c);

// Orders as the canonical combining class does; 0 for a code point that is not kReorders or that kFolds.
std::uint8_t combining_rank(char32_t c);

}  // namespace pointsman::unicode
