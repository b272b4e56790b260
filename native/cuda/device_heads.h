// The heads that score the same prompts, with one thread's stream and memory, which grows to the largest
// batch seen and is kept.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "cuda/abi.h"
#include "cuda/kernels.h"
#include "cuda/memory.h"

namespace pointsman::cuda {

class DeviceHeads {
 public:
  // Throws Failure (kUnsupported) where a head needs more memory than a block has.
  DeviceHeads(std::span<const HeadValues> heads, std::size_t dimension);

  // See Api::score.
  void score(const float* features, std::size_t num_prompts, float* scores);

 private:
  void reserve(std::size_t num_prompts);
  void score_part(const float* features, std::size_t num_prompts, float* scores);

  Stream stream_;  // before what is freed in its order
  std::vector<DeviceBuffer> programs_;
  DeviceBuffer heads_;
  std::size_t num_heads_;
  std::size_t dimension_;
  std::size_t num_scores_ = 0;
  std::size_t row_floats_ = 0;  // the most of any head
  std::size_t most_keys_ = 0;
  std::size_t part_;  // prompts of a launch at most
  std::size_t capacity_ = 0;
  PinnedBuffer features_on_host_;
  PinnedBuffer scores_on_host_;
  DeviceBuffer features_;
  DeviceBuffer scores_;
  DeviceBuffer similarities_;
};

}  // namespace pointsman::cuda
