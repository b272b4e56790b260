// Where an encoder runs.
#pragma once

#include <memory>
#include <string>

#include "backend/backend.h"
#include "backend/stored_floats.h"
#include "cuda/abi.h"
#include "kernels/kernel_table.h"

namespace pointsman {

// kAuto: the GPU where it can be used for this encoder, else the CPU.
enum class Device { kAuto, kCpu, kCuda };

// What became of the wish.
struct DeviceChoice {
  Device device = Device::kCpu;  // kCpu or kCuda
  std::string reason;            // why kAuto is not on the GPU; empty elsewhere
};

// What a GPU stores an encoder in: bf16 where its file does, for weights are then exact and activations have
// the range they were trained in; else f16, which has three more bits and ends at 65,504.
cuda::Format gpu_format(FloatFormat stored) noexcept;

// Throws kDeviceUnavailable where the library, driver or device is missing, kUnsupported where the GPU's
// kernels do not take the shape.
std::unique_ptr<Backend> make_cuda_backend(const KernelTable& kernels, const EncoderShape& shape,
                                           cuda::Format format);

}  // namespace pointsman
