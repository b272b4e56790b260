// The heads that score the same prompts, one thread's: on a GPU as one launch.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "backend/device.h"
#include "model/heads.h"

namespace pointsman {

class HeadGroup {
 public:
  // kAuto takes the GPU where the heads can be evaluated there. Throws kInvalidArgument where heads that look
  // at the prompt have different dimensions; with kCuda kDeviceUnavailable, kUnsupported (a head too wide for
  // a block's memory) or kOutOfMemory.
  HeadGroup(std::vector<std::shared_ptr<const Head>> heads, Device device);
  ~HeadGroup();
  HeadGroup(const HeadGroup&) = delete;
  HeadGroup& operator=(const HeadGroup&) = delete;

  std::size_t dimension() const noexcept { return dimension_; }  // 0: no head looks at the prompt
  std::span<const std::shared_ptr<const Head>> heads() const noexcept { return heads_; }
  const DeviceChoice& device() const noexcept { return device_; }

  // As Head::score of every head, out[i] that of the i-th.
  void score(std::span<const float> embeddings, std::size_t count, std::span<const std::span<float>> out);

 private:
  class OnDevice;

  std::vector<std::shared_ptr<const Head>> heads_;
  std::size_t dimension_;
  DeviceChoice device_;
  std::unique_ptr<OnDevice> on_device_;  // null: on the CPU
};

}  // namespace pointsman
