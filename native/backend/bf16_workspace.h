// Activations and scratch of the bf16 back end, grown to the largest batch seen and kept.
#pragma once

#include <cstddef>
#include <optional>

#include "backend/backend.h"
#include "base/huge_page_arena.h"
#include "kernels/bf16_kernels.h"

namespace pointsman {

class Bf16Workspace final : public Workspace {
 public:
  explicit Bf16Workspace(const EncoderShape& shape) : shape_(shape) {}

  static std::size_t bytes_per_token(const EncoderShape& shape) noexcept;

  // Grows the buffers for the batch if they are too small and keeps its view.
  void begin(const BatchView& batch, const Bf16Kernels& kernels);

  const BatchView& batch() const noexcept { return batch_; }
  const EncoderShape& shape() const noexcept { return shape_; }

  // Rows. What is written to kUpdate is added to them at once, all but its bias, which waits for the layer
  // norm.
  float* hidden() noexcept { return hidden_; }
  const float* waiting_bias = nullptr;

  Bf16* hidden_tiles() noexcept { return tiles_; }  // kHidden as the next product reads it
  Bf16* qkv() noexcept { return wide_; }            // panels of panel_rows()
  Bf16* ffn() noexcept { return wide_; }            // row tiles
  Bf16* context() noexcept;                         // row tiles, after qkv
  std::size_t panel_rows() const noexcept;
  std::byte* attention_scratch() noexcept { return scratch_; }

 private:
  std::size_t qkv_elements() const noexcept;
  std::size_t padded_tokens() const noexcept;

  EncoderShape shape_;
  BatchView batch_;
  std::optional<HugePageArena> arena_;  // of what follows: some 2 MiB that every layer walks over
  std::byte* region_ = nullptr;
  std::size_t capacity_bytes_ = 0;
  float* hidden_ = nullptr;
  Bf16* tiles_ = nullptr;
  Bf16* wide_ = nullptr;  // kQkv then kContext, or kFfn: their lifetimes do not meet, and L2 is small
  std::byte* scratch_ = nullptr;
};

}  // namespace pointsman
