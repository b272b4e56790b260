// The sizes that memory is laid out for and graphs are captured for: a few, so that batches share them; and
// what else follows from a batch's size.
#pragma once

#include <compare>
#include <cstddef>

#include "cuda/abi.h"
#include "cuda/kernels.h"

namespace pointsman::cuda {

struct BatchSize {
  std::size_t tokens = 0;
  std::size_t sequences = 0;

  // A sequence of n tokens has at most n / kQueryTile + 1 tiles.
  std::size_t tiles() const noexcept { return tokens / kQueryTile + sequences; }
  bool holds(const BatchSize& other) const noexcept {
    return tokens >= other.tokens && sequences >= other.sequences;
  }
  auto operator<=>(const BatchSize&) const = default;
};

// Up to here a pass is some ten microseconds of work a kernel, and launching its kernels one by one (6 a
// layer, 2 us each) would take about as long. Not measured yet.
inline constexpr std::size_t kMostGraphTokens = 2048;

// The next power of two, from 32 tokens on; above kMostGraphTokens its next multiple, where twice the memory
// would be much.
inline BatchSize size_for(const Batch& batch) {
  const auto power_above = [](std::size_t count, std::size_t from) {
    while (from < count) from *= 2;
    return from;
  };
  const std::size_t blocks = (batch.num_tokens + kMostGraphTokens - 1) / kMostGraphTokens;
  return {.tokens = blocks > 1 ? blocks * kMostGraphTokens : power_above(batch.num_tokens, 32),
          .sequences = power_above(batch.num_sequences, 1)};
}

// A large tile where there are enough of them for every multiprocessor.
inline GemmTile gemm_tile_for(const BatchSize& size, std::size_t outputs, int multiprocessors) {
  const std::size_t large_tiles = (size.tokens / 128) * (outputs / 128);
  return large_tiles >= static_cast<std::size_t>(multiprocessors) ? GemmTile::kLarge : GemmTile::kSmall;
}

}  // namespace pointsman::cuda
