#include "backend/bf16_weights.h"

#include <algorithm>

#include "backend/cpu_weights.h"

namespace pointsman {

Bf16Linear::Bf16Linear(const LinearWeights& weights, const Bf16Kernels& kernels, HugePageArena& arena)
    : inputs(weights.weight.size() / weights.bias.size()),
      outputs(weights.bias.size()),
      packed(arena.take<Bf16>(weights.weight.size())),
      bias(copy_of(weights.bias)) {
  kernels.pack({.weight = weights.weight.data(), .n = outputs, .k = inputs, .packed = packed.data()});
}

Bf16AttentionBias::Bf16AttentionBias(const AttentionBias& bias)
    : max_distance(bias.max_distance),
      head_stride(2 * bias.max_distance + 1 + 2 * kMargin),
      by_distance(bias.by_distance.size() / (2 * bias.max_distance + 1) * head_stride) {
  const std::size_t distances = 2 * max_distance + 1;
  std::fill_n(by_distance.data(), by_distance.size(), 0.0F);
  for (std::size_t head = 0; head * distances < bias.by_distance.size(); ++head) {
    const auto from = bias.by_distance.subspan(head * distances, distances);
    std::reverse_copy(from.begin(), from.end(), by_distance.data() + head * head_stride + kMargin);
  }
}

}  // namespace pointsman
