// Residual layer normalisation that leaves the next product's operand behind. Four rows at a time: the sums
// and the square root of one row have twice the latency of its arithmetic.
#pragma once

#include <stddef.h>

#include "kernels/bf16/tiles.h"

namespace pointsman::bf16 {

// Rows [first, first + kRows) of the call. Between the passes `hidden` holds x + hidden, still in L1.
template <typename V, size_t kRows>
inline void layer_norm_rows(const Bf16LayerNormArgs& args, size_t first) {
  using Reg = typename V::Reg;
  const float* x = args.x + first * args.x_row_stride;
  float* hidden = args.hidden + first * args.cols;
  const Reg inverse_cols = V::splat(1.0F / static_cast<float>(args.cols));
  Reg mean[kRows];
  Reg scale[kRows];

  Reg low_sum[kRows];
  Reg high_sum[kRows];
  for (size_t r = 0; r < kRows; ++r) low_sum[r] = high_sum[r] = V::zero();
  for (size_t column = 0; column < args.cols; column += kTileDepth) {
#pragma GCC unroll 4
    for (size_t r = 0; r < kRows; ++r) {
      const float* added = x + r * args.x_row_stride + column;
      float* row = hidden + r * args.cols + column;
      const Reg low = V::add(V::load(added), V::load(row));
      const Reg high = V::add(V::load(added + V::kLanes), V::load(row + V::kLanes));
      V::store(row, low);
      V::store(row + V::kLanes, high);
      low_sum[r] = V::add(low_sum[r], low);
      high_sum[r] = V::add(high_sum[r], high);
    }
  }
  for (size_t r = 0; r < kRows; ++r) {
    mean[r] = V::mul(V::splat(V::sum(V::add(low_sum[r], high_sum[r]))), inverse_cols);
    low_sum[r] = high_sum[r] = V::zero();
  }

  for (size_t column = 0; column < args.cols; column += kTileDepth) {
#pragma GCC unroll 4
    for (size_t r = 0; r < kRows; ++r) {
      const float* row = hidden + r * args.cols + column;
      const Reg low = V::sub(V::load(row), mean[r]);
      const Reg high = V::sub(V::load(row + V::kLanes), mean[r]);
      low_sum[r] = V::fma(low, low, low_sum[r]);
      high_sum[r] = V::fma(high, high, high_sum[r]);
    }
  }
  for (size_t r = 0; r < kRows; ++r) {
    const Reg variance = V::mul(V::splat(V::sum(V::add(low_sum[r], high_sum[r]))), inverse_cols);
    scale[r] = V::div(V::splat(1.0F), V::sqrt(V::add(variance, V::splat(args.epsilon))));
  }

  for (size_t column = 0; column < args.cols; column += kTileDepth) {
    const Reg low_gamma = V::load(args.gamma + column);
    const Reg high_gamma = V::load(args.gamma + column + V::kLanes);
    const Reg low_beta = V::load(args.beta + column);
    const Reg high_beta = V::load(args.beta + column + V::kLanes);
#pragma GCC unroll 4
    for (size_t r = 0; r < kRows; ++r) {
      float* row = hidden + r * args.cols + column;
      const Reg low = V::mul(V::sub(V::load(row), mean[r]), scale[r]);
      const Reg high = V::mul(V::sub(V::load(row + V::kLanes), mean[r]), scale[r]);
      const Reg low_out = V::fma(low, low_gamma, low_beta);
      const Reg high_out = V::fma(high, high_gamma, high_beta);
      V::store(row, low_out);
      V::store(row + V::kLanes, high_out);
      V::store_bf16(args.tiles + row_tile_offset(args.first_row + first + r, column, args.cols), low_out,
                    high_out);
    }
  }
}

template <typename V>
void layer_norm(const Bf16LayerNormArgs& args) {
  size_t row = 0;
  for (; row + 4 <= args.rows; row += 4) layer_norm_rows<V, 4>(args, row);
  for (; row < args.rows; ++row) layer_norm_rows<V, 1>(args, row);
}

}  // namespace pointsman::bf16
