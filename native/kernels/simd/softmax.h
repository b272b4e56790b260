// Row softmax of scaled and biased scores, in place, with the row's maximum subtracted.
#pragma once

#include <stddef.h>

#include "kernels/kernel_table.h"
#include "kernels/simd/elementary.h"
#include "kernels/simd/vector_loop.h"

namespace pointsman::simd {

// A score of -inf (a masked position) becomes 0. A row of nothing else has no softmax and becomes NaN.
template <typename V>
inline void softmax_row(float* x, const float* bias, float scale, size_t cols) {
  using Reg = typename V::Reg;
  const Reg lowest = V::splat(-__builtin_inff());
  const Reg factor = V::splat(scale);
  Reg highest = lowest;
  for_each_vector<V>(cols, [&](size_t i, auto lanes) {
    Reg score = V::mul(factor, V::load(x + i, lanes));
    if (bias != nullptr) score = V::add(score, V::load(bias + i, lanes));
    V::store(x + i, score, lanes);
    highest = V::max(highest, V::select(lanes, score, lowest));
  });
  const Reg maximum = V::splat(V::max_lane(highest));
  const float total = sum_over<V>(cols, [&](Reg sum, size_t i, auto lanes) {
    const Reg weight = V::select(lanes, exp<V>(V::sub(V::load(x + i, lanes), maximum)), V::zero());
    V::store(x + i, weight, lanes);
    return V::add(sum, weight);
  });
  const Reg inverse = V::splat(1.0F / total);
  for_each_vector<V>(
      cols, [&](size_t i, auto lanes) { V::store(x + i, V::mul(V::load(x + i, lanes), inverse), lanes); });
}

template <typename V>
void softmax_rows(const SoftmaxArgs& args) {
  for (size_t row = 0; row < args.rows; ++row) {
    const float* bias =
        args.bias == nullptr ? nullptr : args.bias + static_cast<ptrdiff_t>(row) * args.bias_stride;
    softmax_row<V>(args.x + row * args.stride, bias, args.scale, args.cols);
  }
}

}  // namespace pointsman::simd
