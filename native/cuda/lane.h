// One thread's part of the device: a stream, and memory that grows to the largest batch seen and is kept.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "cuda/abi.h"
#include "cuda/batch_size.h"
#include "cuda/memory.h"
#include "cuda/staging.h"

namespace pointsman::cuda {

class Lane {
 public:
  Lane(const EncoderShape& shape, int multiprocessors) : shape_(shape), multiprocessors_(multiprocessors) {}

  // See Api::run.
  void run(const Batch& batch, std::span<const Step> steps, float* const* pooled);

 private:
  void reserve(const BatchSize& size, std::size_t num_pools);
  void launch(const BatchSize& size);
  void enqueue(const BatchSize& size);

  // In the encoder's format, T; `pool` counts the kPool steps before this one.
  template <typename T>
  void enqueue_step(const Step& step, const BatchSize& size, std::size_t pool);
  template <typename T>
  void enqueue_linear(const Step& step, const BatchSize& size);
  template <typename T>
  void enqueue_attention(const Step& step, const BatchSize& size);

  template <typename T>
  T* slot(Slot slot) const noexcept;
  StagedBatch on_device(const BatchSize& size) const noexcept { return {staged_.bytes(), size}; }
  std::size_t pooled_floats(const BatchSize& size) const noexcept {
    return size.sequences * shape_.hidden_size;
  }

  EncoderShape shape_;
  int multiprocessors_;
  Stream stream_;  // before what is freed in its order
  BatchSize capacity_;
  std::size_t pools_ = 0;
  PinnedBuffer staging_;
  PinnedBuffer pooled_on_host_;
  DeviceBuffer staged_;
  DeviceBuffer pooled_;
  DeviceBuffer activations_;
  std::vector<Step> program_;  // what graphs_ were captured from
  std::map<BatchSize, Graph> graphs_;
};

}  // namespace pointsman::cuda
