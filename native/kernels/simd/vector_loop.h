// Loops over arrays in whole vectors with a masked tail. `V` is an ISA's vector type; see kernels/avx512.cc.
// Everything below kernels/simd is a template on V, and each V lives in the anonymous namespace of one
// per-ISA file, so no instantiation can be shared with code compiled for another instruction set.
#pragma once

#include <stddef.h>

namespace pointsman::simd {

// body(offset, lanes): `lanes` is V::All for whole vectors and V::Mask for the last, partial one.
template <typename V, typename Body>
inline void for_each_vector(size_t count, Body body) {
  size_t i = 0;
  for (; i + V::kLanes <= count; i += V::kLanes) body(i, typename V::All{});
  if (i < count) body(i, V::first(count - i));
}

// Sums over an array with four independent accumulators, which hides the latency of the addition. The order
// depends on `count` alone. accumulate(sum, offset, lanes) returns the sum with one more vector added; lanes
// outside a partial vector must add zero.
template <typename V, typename Accumulate>
inline float sum_over(size_t count, Accumulate accumulate) {
  constexpr size_t kWays = 4;
  typename V::Reg sum[kWays] = {V::zero(), V::zero(), V::zero(), V::zero()};
  size_t i = 0;
  for (; i + kWays * V::kLanes <= count; i += kWays * V::kLanes) {
    for (size_t way = 0; way < kWays; ++way) {
      sum[way] = accumulate(sum[way], i + way * V::kLanes, typename V::All{});
    }
  }
  for_each_vector<V>(count - i,
                     [&](size_t rest, auto lanes) { sum[0] = accumulate(sum[0], i + rest, lanes); });
  return V::sum(V::add(V::add(sum[0], sum[1]), V::add(sum[2], sum[3])));
}

}  // namespace pointsman::simd
