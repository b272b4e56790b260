// What the lanes that score by the same heads share: their steps and values.
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

  const DeviceHead* on_device() const noexcept { return heads_.as<const DeviceHead>(); }
  std::size_t dimension() const noexcept { return dimension_; }
  std::size_t num_heads() const noexcept { return num_heads_; }
  std::size_t num_scores() const noexcept { return num_scores_; }  // of all heads
  std::size_t row_floats() const noexcept { return row_floats_; }  // the most of any head
  std::size_t most_keys() const noexcept { return most_keys_; }    // the same

 private:
  Stream stream_;  // before what is freed in its order
  std::size_t dimension_;
  std::size_t num_heads_;
  std::size_t num_scores_ = 0;
  std::size_t row_floats_ = 0;
  std::size_t most_keys_ = 0;
  std::vector<DeviceBuffer> programs_;
  DeviceBuffer heads_;
};

}  // namespace pointsman::cuda
