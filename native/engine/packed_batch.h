// Sequences of token ids one after the other, with cumulative lengths instead of padding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backend/backend.h"
#include "model/encoder_config.h"

namespace pointsman {

class PackedBatch {
 public:
  explicit PackedBatch(const PositionScheme& scheme) : scheme_(scheme) {}

  // Appends one sequence of at least one token and derives its position ids.
  void append(std::span<const std::int32_t> ids);

  // Keeps the memory.
  void clear();

  std::size_t num_tokens() const noexcept { return ids_.size(); }
  std::size_t num_sequences() const noexcept { return offsets_.size() - 1; }

  // Valid until the next append or clear.
  BatchView view() const noexcept { return {ids_, positions_, offsets_}; }

 private:
  PositionScheme scheme_;
  std::vector<std::int32_t> ids_;
  std::vector<std::int32_t> positions_;
  std::vector<std::size_t> offsets_{0};
};

}  // namespace pointsman
