// The generated tables as they lie in unicode_tables.generated.cc; unicode_tables.h is the way to read them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pointsman::unicode {

// `count` code points from `first`, whose targets begin at `offset`.
struct MappingRun {
  std::uint32_t first;
  std::uint16_t count;
  std::uint16_t offset;
};

struct CombiningRank {
  std::uint32_t code_point;
  std::uint8_t rank;
};

// Classes by three stages: equal blocks are stored once.
extern const std::uint8_t kClassTop[];      // by code point / 4096
extern const std::uint16_t kClassMiddle[];  // blocks of 128, by code point / 32
extern const std::uint8_t kClassLeaf[];     // blocks of 32

// A target is a code point, or kExpansionFlag | offset << 4 | length into kExpansions.
inline constexpr std::uint32_t kExpansionFlag = 0x80000000;
extern const MappingRun kFoldRuns[];
extern const std::size_t kFoldRunCount;
extern const std::uint32_t kFoldTargets[];
extern const MappingRun kLowerRuns[];
extern const std::size_t kLowerRunCount;
extern const std::uint32_t kLowerTargets[];
extern const char32_t kExpansions[];

extern const CombiningRank kCombiningRanks[];  // by code point
extern const std::size_t kCombiningRankCount;

}  // namespace pointsman::unicode
