// One thread's part of the device for heads: a stream, and memory that grows to the largest batch seen and is
// kept.
#pragma once

#include <cstddef>

#include "cuda/device_heads.h"
#include "cuda/memory.h"

namespace pointsman::cuda {

// A batch of 16k tokens has some hundred prompts. Bounds the memory for similarities: 30,000 stored prompts
// are 120 KB a prompt.
inline constexpr std::size_t kMostPrompts = 1024;

class HeadLane {
 public:
  explicit HeadLane(const DeviceHeads& heads) : heads_(heads) {}

  // See Api::score.
  void score(const float* features, std::size_t num_prompts, float* scores);

 private:
  void reserve(std::size_t num_prompts);
  void score_part(const float* features, std::size_t num_prompts, float* scores);

  const DeviceHeads& heads_;
  Stream stream_;                    // before what is freed in its order
  std::size_t part_ = kMostPrompts;  // prompts of a launch at most
  std::size_t capacity_ = 0;
  PinnedBuffer features_on_host_;
  PinnedBuffer scores_on_host_;
  DeviceBuffer features_;
  DeviceBuffer scores_;
  DeviceBuffer similarities_;
};

}  // namespace pointsman::cuda
