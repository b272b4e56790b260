// IPR's factored pairwise head, vectorised over `hidden` with several models in flight.
#pragma once

#include <stddef.h>

#include "kernels/kernel_table.h"
#include "kernels/simd/vector_loop.h"

namespace pointsman::simd {

// Scores models [first, first + kModels) for one row. Four models make 12 arithmetic instructions per 6 loads
// and cover the latency of the multiply-add; each model's sum has the same order at any kModels.
template <typename V, size_t kModels>
inline void score_models(const PairwiseHeadArgs& args, const float* prompt, size_t first, float* out) {
  using Reg = typename V::Reg;
  Reg sum[kModels];
  for (Reg& value : sum) value = V::zero();
  const float* model = args.model + first * args.hidden;
  for_each_vector<V>(args.hidden, [&](size_t j, auto lanes) {
    const Reg weight = V::load(args.u + j, lanes);
    const Reg shared = V::load(prompt + j, lanes);
    for (size_t c = 0; c < kModels; ++c) {
      const Reg unit = V::max(V::zero(), V::add(shared, V::load(model + c * args.hidden + j, lanes)));
      sum[c] = V::fma(weight, unit, sum[c]);
    }
  });
  for (size_t c = 0; c < kModels; ++c) out[first + c] = args.bias[first + c] + V::sum(sum[c]);
}

template <typename V>
void pairwise_head(const PairwiseHeadArgs& args) {
  constexpr size_t kModels = 4;
  for (size_t row = 0; row < args.rows; ++row) {
    const float* prompt = args.prompt + row * args.hidden;
    float* out = args.out + row * args.models;
    size_t c = 0;
    for (; c + kModels <= args.models; c += kModels) score_models<V, kModels>(args, prompt, c, out);
    for (; c < args.models; ++c) score_models<V, 1>(args, prompt, c, out);
  }
}

}  // namespace pointsman::simd
