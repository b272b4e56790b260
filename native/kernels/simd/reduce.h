// Sums: a dot product, and the rows of a matrix added up.
#pragma once

#include <stddef.h>

#include "kernels/simd/vector_loop.h"

namespace pointsman::simd {

template <typename V>
float dot(const float* x, const float* y, size_t count) {
  return sum_over<V>(count, [&](typename V::Reg sum, size_t i, auto lanes) {
    return V::fma(V::load(x + i, lanes), V::load(y + i, lanes), sum);
  });
}

// kVectors vectors of columns keep their sums in registers while the rows go by; rows are added in ascending
// order.
template <typename V, size_t kVectors, typename Lanes>
inline void accumulate_columns(const float* x, size_t rows, size_t cols, float* out, Lanes lanes) {
  typename V::Reg sum[kVectors];
  for (size_t v = 0; v < kVectors; ++v) sum[v] = V::load(out + v * V::kLanes, lanes);
  for (size_t row = 0; row < rows; ++row) {
    for (size_t v = 0; v < kVectors; ++v)
      sum[v] = V::add(sum[v], V::load(x + row * cols + v * V::kLanes, lanes));
  }
  for (size_t v = 0; v < kVectors; ++v) V::store(out + v * V::kLanes, sum[v], lanes);
}

template <typename V>
void accumulate_rows(const float* x, size_t rows, size_t cols, float* out) {
  constexpr size_t kVectors = 4;  // one addition in flight per cycle of its latency
  size_t c = 0;
  for (; c + kVectors * V::kLanes <= cols; c += kVectors * V::kLanes) {
    accumulate_columns<V, kVectors>(x + c, rows, cols, out + c, typename V::All{});
  }
  for_each_vector<V>(cols - c, [&](size_t rest, auto lanes) {
    accumulate_columns<V, 1>(x + c + rest, rows, cols, out + c + rest, lanes);
  });
}

}  // namespace pointsman::simd
