#include "text/unicode_tables.h"

#include <algorithm>

namespace pointsman::unicode {

namespace {

// Hangul syllables decompose arithmetically (The Unicode Standard, section 3.12).
constexpr char32_t kHangulFirst = 0xAC00;
constexpr char32_t kHangulLast = 0xD7A3;
constexpr char32_t kLeadFirst = 0x1100;
constexpr char32_t kVowelFirst = 0x1161;
constexpr char32_t kTailBase = 0x11A7;
constexpr char32_t kVowelCount = 21;
constexpr char32_t kTailCount = 28;

Mapping decompose_hangul(char32_t c) {
  const char32_t index = c - kHangulFirst;
  const char32_t tail = index % kTailCount;
  const char32_t vowel = index / kTailCount % kVowelCount;
  const char32_t lead = index / (kTailCount * kVowelCount);
  return {{kLeadFirst + lead, kVowelFirst + vowel, kTailBase + tail},
          tail == 0 ? std::size_t{2} : std::size_t{3}};
}

Mapping find_target(const MappingRun* runs, std::size_t run_count, const std::uint32_t* targets, char32_t c) {
  const MappingRun* after = std::upper_bound(
      runs, runs + run_count, c, [](char32_t key, const MappingRun& run) { return key < run.first; });
  if (after == runs || c - after[-1].first >= after[-1].count) return {{c}, 1};
  const std::uint32_t target = targets[after[-1].offset + (c - after[-1].first)];
  if ((target & kExpansionFlag) == 0) return {{static_cast<char32_t>(target)}, 1};
  Mapping mapping{{}, target & 15};
  std::copy_n(kExpansions + ((target & ~kExpansionFlag) >> 4), mapping.length, mapping.code_points);
  return mapping;
}

}  // namespace

Mapping fold(char32_t c) {
  if (c >= kHangulFirst && c <= kHangulLast) return decompose_hangul(c);
  return find_target(kFoldRuns, kFoldRunCount, kFoldTargets, c);
}

Mapping lower(char32_t c) {
  return find_target(kLowerRuns, kLowerRunCount, kLowerTargets, c);
}

std::uint8_t combining_rank(char32_t c) {
  const CombiningRank* end = kCombiningRanks + kCombiningRankCount;
  const CombiningRank* found =
      std::lower_bound(kCombiningRanks, end, c,
                       [](const CombiningRank& entry, char32_t key) { return entry.code_point < key; });
  return found != end && found->code_point == c ? found->rank : std::uint8_t{0};
}

}  // namespace pointsman::unicode
