// Weights as the CPU back end holds them.
#pragma once

#include <cstddef>
#include <span>

#include "backend/backend.h"
#include "base/aligned_buffer.h"
#include "base/huge_page_arena.h"

namespace pointsman {

AlignedBuffer<float> copy_of(std::span<const float> values);

struct CpuLinear final : PreparedLinear {
  CpuLinear(const LinearWeights& weights, const KernelTable& kernels, HugePageArena& arena);

  std::size_t inputs;
  std::size_t outputs;
  std::span<float> packed;  // in the arena: the table's panels
  AlignedBuffer<float> bias;
};

struct CpuLayerNorm final : PreparedLayerNorm {
  explicit CpuLayerNorm(const LayerNormWeights& weights);

  AlignedBuffer<float> gamma;
  AlignedBuffer<float> beta;
  float epsilon;
};

// The word table is by far the largest tensor and a prompt touches a few rows of it: it stays in the mapped
// file.
struct CpuEmbeddings final : PreparedEmbeddings {
  explicit CpuEmbeddings(const EmbeddingWeights& weights);

  StoredFloats words;
  AlignedBuffer<float> positions;
  CpuLayerNorm norm;
};

struct CpuAttentionBias final : PreparedAttentionBias {
  explicit CpuAttentionBias(const AttentionBias& bias);

  AlignedBuffer<float> by_distance;
  std::size_t max_distance;
};

}  // namespace pointsman
