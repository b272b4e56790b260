// What heads share when they write down their steps.
#pragma once

#include <cstdint>

#include "model/head_program.h"
#include "model/packed_matrix.h"

namespace pointsman {

inline std::uint32_t narrow_count(std::size_t count) {
  return static_cast<std::uint32_t>(count);
}

inline HeadStep dense_step(std::uint32_t from, std::uint32_t to, const PackedMatrix& weight,
                           HeadActivation activation) {
  return {.kind = HeadStepKind::kDense,
          .from = from,
          .to = to,
          .inputs = narrow_count(weight.cols()),
          .outputs = narrow_count(weight.rows()),
          .activation = activation};
}

}  // namespace pointsman
