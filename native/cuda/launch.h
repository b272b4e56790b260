// Launching a kernel: one struct of arguments, a check after every launch. Who asks for more than 48 KiB of
// shared memory says so first (cudaFuncSetAttribute).
#pragma once

#include <cuda_runtime.h>

#include <cstddef>

#include "cuda/check.h"

namespace pointsman::cuda {

struct LaunchShape {
  dim3 grid;
  unsigned threads;
  std::size_t shared_bytes = 0;
};

template <typename Arguments>
void launch(void (*kernel)(Arguments), const char* name, const LaunchShape& shape, cudaStream_t stream,
            const Arguments& arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = shape.grid;
  config.blockDim = dim3(shape.threads);
  config.dynamicSmemBytes = shape.shared_bytes;
  config.stream = stream;
  check(cudaLaunchKernelEx(&config, kernel, arguments), name);
}

constexpr unsigned ceil_divide(std::size_t value, std::size_t by) {
  return static_cast<unsigned>((value + by - 1) / by);
}

}  // namespace pointsman::cuda
