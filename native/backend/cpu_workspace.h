// Activations and scratch of the CPU back end: float32, host memory, grown to the largest batch seen and
// kept.
#pragma once

#include <algorithm>
#include <cstddef>

#include "backend/backend.h"
#include "base/aligned_buffer.h"

namespace pointsman {

class CpuWorkspace final : public Workspace {
 public:
  explicit CpuWorkspace(const EncoderShape& shape) : shape_(shape) {}

  static std::size_t floats_per_token(const EncoderShape& shape) {
    return 2 * shape.hidden_size + wide_floats_per_token(shape);
  }

  // Grows the buffers for the batch if they are too small and keeps its view.
  void begin(const BatchView& batch, const KernelTable& kernels);

  const BatchView& batch() const noexcept { return batch_; }
  const EncoderShape& shape() const noexcept { return shape_; }
  std::size_t width(Slot slot) const noexcept;
  float* data(Slot slot) noexcept;

  // Attention scratch of one sequence and head.
  float* packed_keys() noexcept { return packed_keys_.data(); }
  float* packed_values() noexcept { return packed_values_.data(); }
  float* scores() noexcept { return scores_.data(); }  // [kQueryBlock, score_stride(length)]

  // Rows of the score matrix in flight. 64 rows of 512 keys are 128 KiB and stay in L2 with the packed keys
  // and values (64 KiB each at head size 32); fewer rows would re-read those panels more often for no smaller
  // a footprint.
  static constexpr std::size_t kQueryBlock = 64;
  static std::size_t score_stride(std::size_t length) {
    return (length + 15) / 16 * 16;
  }  // rows on cache lines

 private:
  static std::size_t wide_floats_per_token(const EncoderShape& shape) {
    return std::max(4 * shape.hidden_size, shape.intermediate_size);
  }

  EncoderShape shape_;
  BatchView batch_;
  AlignedBuffer<float> hidden_;
  AlignedBuffer<float> update_;
  AlignedBuffer<float> wide_;  // kQkv then kContext, or kFfn: their lifetimes do not meet, and L2 is small
  AlignedBuffer<float> packed_keys_;
  AlignedBuffer<float> packed_values_;
  AlignedBuffer<float> scores_;
};

}  // namespace pointsman
