// Weights as the bf16 back end holds them; layer norms and embeddings are those of cpu_weights.h.
#pragma once

#include <cstddef>
#include <span>

#include "backend/backend.h"
#include "base/aligned_buffer.h"
#include "base/huge_page_arena.h"
#include "kernels/bf16_kernels.h"

namespace pointsman {

struct Bf16Linear final : PreparedLinear {
  Bf16Linear(const LinearWeights& weights, const Bf16Kernels& kernels, HugePageArena& arena);

  std::size_t inputs;
  std::size_t outputs;
  std::span<Bf16> packed;  // in the arena
  AlignedBuffer<float> bias;
};

// By query position - key position, as the kernel walks it, with room to read a vector past either end.
struct Bf16AttentionBias final : PreparedAttentionBias {
  explicit Bf16AttentionBias(const AttentionBias& bias);

  const float* at_distance_zero() const noexcept { return by_distance.data() + kMargin + max_distance; }

  static constexpr std::size_t kMargin = 16;

  std::size_t max_distance;
  std::size_t head_stride;
  AlignedBuffer<float> by_distance;
};

}  // namespace pointsman
