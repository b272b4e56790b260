// The sums that every gradient of IPR's factored pairwise head follows from, vectorised over `hidden`.
#pragma once

#include <stddef.h>

#include "kernels/kernel_table.h"
#include "kernels/simd/vector_loop.h"

namespace pointsman::simd {

// Rows [row, row + kRows) at units [j, j + kLanes). Four rows share the loads and stores of a model's sum.
template <typename V, size_t kRows, typename Lanes>
inline void add_active(const PairwiseActiveArgs& args, size_t row, size_t j, Lanes lanes) {
  using Reg = typename V::Reg;
  Reg prompt[kRows];
  Reg by_prompt[kRows];
  for (size_t r = 0; r < kRows; ++r) {
    prompt[r] = V::load(args.prompt + (row + r) * args.hidden + j, lanes);
    by_prompt[r] = V::zero();
  }
  for (size_t c = 0; c < args.models; ++c) {
    const Reg model = V::load(args.model + c * args.hidden + j, lanes);
    float* sum = args.by_model + c * args.hidden + j;
    Reg by_model = V::load(sum, lanes);
    for (size_t r = 0; r < kRows; ++r) {
      const Reg gradient = V::splat(args.gradient[(row + r) * args.models + c]);
      const Reg active = V::select(V::less(V::zero(), V::add(prompt[r], model)), gradient, V::zero());
      by_prompt[r] = V::add(by_prompt[r], active);
      by_model = V::add(by_model, active);
    }
    V::store(sum, by_model, lanes);
  }
  for (size_t r = 0; r < kRows; ++r) {
    V::store(args.by_prompt + (row + r) * args.hidden + j, by_prompt[r], lanes);
  }
}

template <typename V>
void pairwise_active(const PairwiseActiveArgs& args) {
  constexpr size_t kRows = 4;
  for_each_vector<V>(args.hidden, [&](size_t j, auto lanes) {
    for (size_t c = 0; c < args.models; ++c) V::store(args.by_model + c * args.hidden + j, V::zero(), lanes);
    size_t row = 0;
    for (; row + kRows <= args.rows; row += kRows) add_active<V, kRows>(args, row, j, lanes);
    for (; row < args.rows; ++row) add_active<V, 1>(args, row, j, lanes);
  });
}

}  // namespace pointsman::simd
