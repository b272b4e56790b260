// What crosses the border between the addon and libpointsman_cuda.so: plain data and functions, no exception
// and no C++ object, for the two may come from different compilers. The library exports kEntryPoint, of type
// EntryPoint, and nothing else.
#pragma once

#include <cstdint>

namespace pointsman::cuda {

// Raised with every change of this file. The addon refuses a library of another version.
inline constexpr std::uint32_t kAbiVersion = 1;
inline constexpr char kEntryPoint[] = "pointsman_cuda_api";

enum class Outcome : std::int32_t {
  kOk,
  kUnavailable,  // no driver, no device, or one that cannot run the kernels
  kOutOfMemory,
  kUnsupported,
  kInternal,
};

// Every function that can fail fills one in, and the message only where it failed.
struct Status {
  Outcome outcome;
  char message[508];
};

struct DeviceFacts {
  char name[256];
  std::int32_t compute_major;
  std::int32_t compute_minor;
  std::uint64_t memory_bytes;
  std::int32_t driver_version;   // of CUDA that the driver supports: 13000 is 13.0
  std::int32_t runtime_version;  // of CUDA that the library was built with
};

struct Api {
  std::uint32_t abi_version;  // stays the first field in every version
  // The first device, if it can run the kernels.
  void (*probe)(DeviceFacts* facts, Status* status);
};

using EntryPoint = const Api* (*)();

}  // namespace pointsman::cuda
