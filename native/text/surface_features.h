// What a text looks like: its size, what it is made of and how it is laid out.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace pointsman {

// Lines end at '\n'; words stand between ASCII white space. Shares are of the text's bytes.
enum class SurfaceFeature : std::size_t {
  kBytes,          // log1p
  kWords,          // log1p of their number
  kLines,          // log1p of their number; what follows the last '\n' is one where it is not empty
  kDigits,         // share
  kCapitals,       // share of A to Z
  kOperators,      // share of + - * / = < > ^
  kBrackets,       // share of { } ( ) [ ] ;
  kPunctuation,    // share of . , : ! ?
  kNonAscii,       // share of bytes above 0x7f
  kQuestionMarks,  // log1p of their number
  kWordLength,     // log1p of the mean number of bytes
  kDistinctWords,  // share of words that stand for the first time, see below
  kCode,           // 1 where there is "```", a line that begins with "def " or one that ends with '{' or ';'
  kMathMarks,      // log1p of the number of '$' and '\'
  kOptions,        // log1p of the number of lines that begin like "A.", "B)" or "(C)", up to J
  kLastLine,       // log1p of the bytes of the last line that is not blank, without white space around it
};

inline constexpr std::size_t kSurfaceFeatures = 16;

// What each is multiplied by, for about unit standard deviation over ordinary prompts: its reciprocal over
// the prompts of mixed-2024, routerbench-subset, ulab-llmrouter, mmlu-pro and routellm (32,237 in all), where
// each set counts the same.
inline constexpr std::array<float, kSurfaceFeatures> kSurfaceScales = {
    0.84F, 0.87F, 0.85F, 21.0F, 36.0F, 66.0F, 48.0F, 44.0F,
    77.0F, 1.85F, 7.2F,  4.8F,  4.4F,  1.33F, 0.83F, 0.74F};

// No scaled value is larger: a text all of capitals, or in Chinese, would else stand tens of deviations from
// anything that an estimator was trained on. Ordinary prompts reach 13 in the length of words, 1 to 7
// elsewhere.
inline constexpr float kMostSurface = 16.0F;

// Any bytes, ill-formed UTF-8 too; all zeros for an empty text. Linear in the text, allocates nothing.
//
// Distinct words are told apart by 12 bits of a hash: of 100 distinct words some 1, of 1,000 some 110 count
// as seen before, and more than 4,096 cannot be told apart.
void surface_features(std::string_view text, std::span<float, kSurfaceFeatures> out) noexcept;

}  // namespace pointsman
