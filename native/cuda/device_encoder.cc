#include "cuda/device_encoder.h"

#include <cstdint>
#include <limits>
#include <string>

#include "cuda/kernels.h"

namespace pointsman::cuda {
namespace {

void check_shape(const EncoderShape& shape) {
  const std::uint32_t head_dim = shape.num_heads == 0 ? 0 : shape.hidden_size / shape.num_heads;
  const bool is_computed = (head_dim == 32 || head_dim == 64) &&
                           head_dim * shape.num_heads == shape.hidden_size &&
                           shape.hidden_size <= kMostHiddenSize && shape.intermediate_size % 32 == 0;
  if (is_computed) return;
  throw Failure(
      Outcome::kUnsupported,
      "the GPU's kernels take heads of 32 or 64, a hidden size up to " + std::to_string(kMostHiddenSize) +
          " and an intermediate size that is a multiple of 32; this encoder has " +
          std::to_string(shape.num_heads) + " heads, hidden size " + std::to_string(shape.hidden_size) +
          " and intermediate size " + std::to_string(shape.intermediate_size));
}

// Memory that was freed stays with the process: growing lanes would otherwise ask the driver again and again.
void keep_freed_memory() {
  cudaMemPool_t pool = nullptr;
  check(cudaDeviceGetDefaultMemPool(&pool, 0), "finding the GPU's memory pool");
  std::uint64_t threshold = std::numeric_limits<std::uint64_t>::max();
  check(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &threshold),
        "setting up the memory pool");
}

}  // namespace

DeviceEncoder::DeviceEncoder(const EncoderShape& shape) : shape_(shape) {
  check_shape(shape);
  keep_freed_memory();
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, 0), "reading the properties of the GPU");
  multiprocessors_ = properties.multiProcessorCount;
}

}  // namespace pointsman::cuda
