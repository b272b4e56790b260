// Layer normalisation with a fused residual, one row at a time in three passes over a row that stays in L1.
#pragma once

#include <stddef.h>

#include "kernels/kernel_table.h"
#include "kernels/simd/vector_loop.h"

namespace pointsman::simd {

// `out` holds x + residual between the passes, which is also what allows it to be `x` or `residual`.
template <typename V>
inline void layer_norm_row(const LayerNormArgs& args, const float* x, const float* residual, float* out) {
  using Reg = typename V::Reg;
  const float inverse_cols = 1.0F / static_cast<float>(args.cols);
  const float total = sum_over<V>(args.cols, [&](Reg sum, size_t i, auto lanes) {
    Reg value = V::load(x + i, lanes);
    if (residual != nullptr) value = V::add(value, V::load(residual + i, lanes));
    V::store(out + i, value, lanes);
    return V::add(sum, value);
  });
  const Reg mean = V::splat(total * inverse_cols);
  const float squares = sum_over<V>(args.cols, [&](Reg sum, size_t i, auto lanes) {
    const Reg centred = V::select(lanes, V::sub(V::load(out + i, lanes), mean), V::zero());
    return V::fma(centred, centred, sum);
  });
  const Reg variance = V::splat(squares * inverse_cols);
  const Reg inverse_deviation = V::div(V::splat(1.0F), V::sqrt(V::add(variance, V::splat(args.epsilon))));
  for_each_vector<V>(args.cols, [&](size_t i, auto lanes) {
    const Reg normal = V::mul(V::sub(V::load(out + i, lanes), mean), inverse_deviation);
    V::store(out + i, V::fma(normal, V::load(args.gamma + i, lanes), V::load(args.beta + i, lanes)), lanes);
  });
}

template <typename V>
void layer_norm(const LayerNormArgs& args) {
  for (size_t row = 0; row < args.rows; ++row) {
    const size_t start = row * args.cols;
    layer_norm_row<V>(args, args.x + start, args.residual == nullptr ? nullptr : args.residual + start,
                      args.out + start);
  }
}

}  // namespace pointsman::simd
