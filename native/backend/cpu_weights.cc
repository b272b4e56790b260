#include "backend/cpu_weights.h"

#include <algorithm>

namespace pointsman {

AlignedBuffer<float> copy_of(std::span<const float> values) {
  AlignedBuffer<float> copy(values.size());
  std::copy(values.begin(), values.end(), copy.data());
  return copy;
}

CpuLinear::CpuLinear(const LinearWeights& weights, const KernelTable& kernels, HugePageArena& arena)
    : inputs(weights.weight.size() / weights.bias.size()),
      outputs(weights.bias.size()),
      packed(arena.take<float>(kernels.packed_floats(outputs, inputs))),
      bias(copy_of(weights.bias)) {
  kernels.pack({.b = weights.weight.data(),
                .row_stride = 1,
                .col_stride = inputs,
                .n = outputs,
                .k = inputs,
                .packed = packed.data()});
}

CpuLayerNorm::CpuLayerNorm(const LayerNormWeights& weights)
    : gamma(copy_of(weights.gamma)), beta(copy_of(weights.beta)), epsilon(weights.epsilon) {}

CpuEmbeddings::CpuEmbeddings(const EmbeddingWeights& weights)
    : words(weights.words), positions(copy_of(weights.positions)), norm(weights.norm) {}

CpuAttentionBias::CpuAttentionBias(const AttentionBias& bias)
    : by_distance(copy_of(bias.by_distance)), max_distance(bias.max_distance) {}

}  // namespace pointsman
