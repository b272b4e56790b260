// The kernel table of a vector type.
#pragma once

#include "kernels/kernel_table.h"
#include "kernels/simd/activate.h"
#include "kernels/simd/adamw.h"
#include "kernels/simd/gemm.h"
#include "kernels/simd/half.h"
#include "kernels/simd/layer_norm.h"
#include "kernels/simd/pack.h"
#include "kernels/simd/pairwise_active.h"
#include "kernels/simd/pairwise_head.h"
#include "kernels/simd/reduce.h"
#include "kernels/simd/softmax.h"

namespace pointsman::simd {

template <typename V>
constexpr KernelTable make_table(const char* name, const Bf16Kernels* bf16 = nullptr) {
  return {.name = name,
          .packed_floats = packed_floats<V>,
          .pack = pack<V>,
          .gemm = gemm<V>,
          .layer_norm = layer_norm<V>,
          .softmax_rows = softmax_rows<V>,
          .activate = activate<V>,
          .pairwise_head = pairwise_head<V>,
          .pairwise_active = pairwise_active<V>,
          .adamw = adamw<V>,
          .half_to_float = half_to_float<V>,
          .accumulate_rows = accumulate_rows<V>,
          .dot = dot<V>,
          .bf16 = bf16};
}

}  // namespace pointsman::simd
