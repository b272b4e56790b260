#include "cuda/device.h"

#include <cuda_runtime.h>

#include <cstdio>
#include <string>

#include "cuda/check.h"

namespace pointsman::cuda {
namespace {

// bf16 products and cp.async came with it.
constexpr int kOldestComputeMajor = 8;

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

[[noreturn]] void fail_without_devices(cudaError_t error, int driver, int runtime) {
  cudaGetLastError();
  const std::string needed = "; this build needs one for CUDA " + version_text(runtime) + " or later";
  if (error == cudaErrorInsufficientDriver && driver == 0) {
    throw Failure(Outcome::kUnavailable, "no NVIDIA driver was found (libcuda.so.1)" + needed);
  }
  if (error == cudaErrorInsufficientDriver) {
    throw Failure(Outcome::kUnavailable,
                  "the NVIDIA driver is too old: it supports CUDA " + version_text(driver) + needed);
  }
  if (error == cudaErrorNoDevice || error == cudaSuccess) {
    throw Failure(Outcome::kUnavailable, "the NVIDIA driver is there, but no GPU that it may use");
  }
  throw Failure(Outcome::kUnavailable, std::string("the NVIDIA driver does not answer: ") +
                                           cudaGetErrorString(error) + " (" + cudaGetErrorName(error) + ")");
}

}  // namespace

DeviceFacts probe_device() {
  DeviceFacts facts{};
  // Both answer without a driver; its version is then 0.
  check(cudaRuntimeGetVersion(&facts.runtime_version), "asking for the version of the runtime");
  check(cudaDriverGetVersion(&facts.driver_version), "asking for the version of the driver");
  int devices = 0;
  const cudaError_t counted = cudaGetDeviceCount(&devices);
  if (counted != cudaSuccess || devices == 0) {
    fail_without_devices(counted, facts.driver_version, facts.runtime_version);
  }
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, 0), "reading the properties of the first GPU");
  std::snprintf(facts.name, sizeof facts.name, "%s", properties.name);
  facts.compute_major = properties.major;
  facts.compute_minor = properties.minor;
  facts.memory_bytes = properties.totalGlobalMem;
  if (properties.major < kOldestComputeMajor) {
    throw Failure(Outcome::kUnavailable, std::string(properties.name) + " has compute capability " +
                                             std::to_string(properties.major) + "." +
                                             std::to_string(properties.minor) +
                                             "; the kernels need 8.0 (Ampere) or later");
  }
  return facts;
}

}  // namespace pointsman::cuda
