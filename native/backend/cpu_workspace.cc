#include "backend/cpu_workspace.h"

#include <algorithm>

namespace pointsman {

void CpuWorkspace::begin(const BatchView& batch, const KernelTable& kernels) {
  batch_ = batch;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < batch.num_sequences(); ++i) longest = std::max(longest, batch.length(i));
  const std::size_t tokens = batch.num_tokens();
  const std::size_t head_dim = shape_.hidden_size / shape_.num_heads;
  hidden_.reserve_discard(tokens * shape_.hidden_size);
  update_.reserve_discard(tokens * shape_.hidden_size);
  wide_.reserve_discard(tokens * wide_floats_per_token(shape_));
  packed_keys_.reserve_discard(kernels.packed_floats(longest, head_dim));
  packed_values_.reserve_discard(kernels.packed_floats(head_dim, longest));
  scores_.reserve_discard(kQueryBlock * score_stride(longest));
}

std::size_t CpuWorkspace::width(Slot slot) const noexcept {
  switch (slot) {
    case Slot::kQkv:
      return 3 * shape_.hidden_size;
    case Slot::kFfn:
      return shape_.intermediate_size;
    case Slot::kHidden:
    case Slot::kContext:
    case Slot::kUpdate:
      break;
  }
  return shape_.hidden_size;
}

float* CpuWorkspace::data(Slot slot) noexcept {
  switch (slot) {
    case Slot::kHidden:
      return hidden_.data();
    case Slot::kUpdate:
      return update_.data();
    case Slot::kContext:
      return wide_.data() + batch_.num_tokens() * width(Slot::kQkv);
    case Slot::kQkv:
    case Slot::kFfn:
      break;
  }
  return wide_.data();
}

}  // namespace pointsman
