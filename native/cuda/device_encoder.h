// What the lanes of one encoder share: its shape, the stream that weights are loaded on, facts of the device.
#pragma once

#include <memory>

#include "cuda/abi.h"
#include "cuda/memory.h"
#include "cuda/weights.h"

namespace pointsman::cuda {

class DeviceEncoder {
 public:
  // Throws Failure (kUnsupported) for a shape that the kernels do not compute.
  explicit DeviceEncoder(const EncoderShape& shape);

  const EncoderShape& shape() const noexcept { return shape_; }
  int multiprocessors() const noexcept { return multiprocessors_; }
  const Stream& stream() const noexcept { return stream_; }

 private:
  EncoderShape shape_;
  int multiprocessors_ = 0;
  Stream stream_;
};

}  // namespace pointsman::cuda
