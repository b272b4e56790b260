// An immutable hash table from byte strings to token ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pointsman {

class PieceTable {
 public:
  static constexpr std::int32_t kAbsent = -1;

  // Pieces are distinct and not empty, ids >= 0.
  explicit PieceTable(const std::vector<std::pair<std::string_view, std::int32_t>>& pieces);

  // The id of `piece`, or kAbsent.
  std::int32_t find(std::string_view piece) const noexcept;

  // The longest piece that `text` begins with: its id and `length` in bytes, or kAbsent.
  std::int32_t find_longest(std::string_view text, std::size_t& length) const noexcept;

 private:
  // 16 bytes: a miss costs one cache line, a hit one more for the bytes.
  struct Slot {
    std::uint32_t fingerprint = 0;
    std::uint32_t offset = 0;
    std::uint32_t length = 0;  // 0: free
    std::int32_t id = kAbsent;
  };

  // Bit n: a piece of n bytes may begin as `text` does; the highest bit stands for itself and every longer
  // one.
  std::uint32_t possible_lengths(std::string_view text) const noexcept;

  std::vector<Slot> slots_;  // a power of two, linear probing
  std::string bytes_;
  std::vector<std::uint32_t> lengths_;  // by hash of a piece's first kLeadBytes bytes
  std::size_t longest_ = 0;
};

}  // namespace pointsman
