// Activations over an array, in place.
#pragma once

#include <stddef.h>

#include "kernels/kernel_table.h"
#include "kernels/simd/elementary.h"
#include "kernels/simd/vector_loop.h"

namespace pointsman::simd {

template <typename V, typename Function>
inline void map_in_place(float* x, size_t count, Function function) {
  for_each_vector<V>(count,
                     [&](size_t i, auto lanes) { V::store(x + i, function(V::load(x + i, lanes)), lanes); });
}

template <typename V>
void activate(Activation activation, float* x, size_t count) {
  using Reg = typename V::Reg;
  switch (activation) {
    case Activation::kNone:
      return;
    case Activation::kRelu:
      return map_in_place<V>(x, count, [](Reg v) { return V::max(V::zero(), v); });
    case Activation::kGelu:
      return map_in_place<V>(x, count, [](Reg v) { return gelu<V>(v); });
    case Activation::kSigmoid:
      return map_in_place<V>(x, count, [](Reg v) { return sigmoid<V>(v); });
    case Activation::kTanh:
      return map_in_place<V>(x, count, [](Reg v) { return tanh<V>(v); });
  }
}

}  // namespace pointsman::simd
