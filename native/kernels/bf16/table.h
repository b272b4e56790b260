// The kernels of a unit that multiplies tiles and its vector type.
#pragma once

#include "kernels/bf16/attention.h"
#include "kernels/bf16/layer_norm.h"
#include "kernels/bf16/linear.h"
#include "kernels/bf16/pack.h"

namespace pointsman::bf16 {

template <typename U, typename V>
constexpr Bf16Kernels make_table() {
  return {.pack = pack<V>,
          .linear = linear<U, V>,
          .attention_scratch_bytes = attention_scratch_bytes<U>,
          .attention = attention<U, V>,
          .layer_norm = layer_norm<V>};
}

}  // namespace pointsman::bf16
