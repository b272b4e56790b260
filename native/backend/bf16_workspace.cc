#include "backend/bf16_workspace.h"

#include <algorithm>

namespace pointsman {
namespace {

constexpr std::size_t kTileRows = 16;
// Attention reads queries and keys in blocks of 32 from any row on.
constexpr std::size_t kRowsPastEnd = 32;

}  // namespace

std::size_t Bf16Workspace::bytes_per_token(const EncoderShape& shape) noexcept {
  const std::size_t wide = std::max(4 * shape.hidden_size, shape.intermediate_size);
  return shape.hidden_size * (sizeof(float) + sizeof(Bf16)) + wide * sizeof(Bf16);
}

void Bf16Workspace::begin(const BatchView& batch, const Bf16Kernels& kernels) {
  batch_ = batch;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < batch.num_sequences(); ++i) longest = std::max(longest, batch.length(i));
  const std::size_t hidden = padded_tokens() * shape_.hidden_size;
  const std::size_t wide = std::max(qkv_elements() + hidden, padded_tokens() * shape_.intermediate_size);
  const std::size_t scratch = kernels.attention_scratch_bytes(longest, shape_.hidden_size / shape_.num_heads);
  const std::size_t bytes = hidden * (sizeof(float) + sizeof(Bf16)) + wide * sizeof(Bf16) + scratch;
  if (bytes > capacity_bytes_) {
    capacity_bytes_ = 0;  // should there be no memory for more
    arena_.emplace();
    region_ = arena_->take<std::byte>(bytes).data();
    capacity_bytes_ = bytes;
  }
  // Every part is a multiple of a cache line: widths are multiples of 32.
  hidden_ = reinterpret_cast<float*>(region_);
  tiles_ = reinterpret_cast<Bf16*>(hidden_ + hidden);
  wide_ = tiles_ + hidden;
  scratch_ = reinterpret_cast<std::byte*>(wide_ + wide);
}

Bf16* Bf16Workspace::context() noexcept {
  return wide_ + qkv_elements();
}

std::size_t Bf16Workspace::qkv_elements() const noexcept {
  return panel_rows() * 3 * shape_.hidden_size;
}

std::size_t Bf16Workspace::panel_rows() const noexcept {
  return padded_tokens() + kRowsPastEnd;
}

std::size_t Bf16Workspace::padded_tokens() const noexcept {
  return (batch_.num_tokens() + kTileRows - 1) / kTileRows * kTileRows;
}

}  // namespace pointsman
