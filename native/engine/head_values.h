// A head's program as it crosses to libpointsman_cuda.so.
#pragma once

#include <cstdint>

#include "cuda/abi.h"
#include "model/head_program.h"

namespace pointsman {

// Valid while the program is.
inline cuda::HeadValues values_of(const HeadProgram& program) {
  return {.steps = program.steps().data(),
          .values = program.values().data(),
          .num_values = program.values().size(),
          .num_steps = static_cast<std::uint32_t>(program.steps().size()),
          .row_floats = static_cast<std::uint32_t>(program.row_floats()),
          .scores_at = static_cast<std::uint32_t>(program.scores_at()),
          .num_models = static_cast<std::uint32_t>(program.num_models()),
          .most_keys = static_cast<std::uint32_t>(program.most_keys())};
}

}  // namespace pointsman
