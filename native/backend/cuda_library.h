// libpointsman_cuda.so: a plug-in that is opened when a GPU is first asked about. The addon itself has no
// CUDA symbol, and every way in which the library cannot be used is a reason in words.
#pragma once

#include <filesystem>
#include <string>

#include "cuda/abi.h"

namespace pointsman {

struct CudaLibrary {
  std::filesystem::path path;
  const cuda::Api* api = nullptr;  // null where the GPU cannot be used; never unloaded
  cuda::DeviceFacts device = {};   // where `api` is set
  std::string reason = {};         // why the GPU cannot be used; empty where it can
};

// Opens the library at `path` and asks it for a device.
CudaLibrary open_cuda_library(const std::filesystem::path& path);

// Where the library is looked for: POINTSMAN_CUDA_LIBRARY if set, else the folder of this code's own binary.
std::filesystem::path cuda_library_path();

// open_cuda_library(cuda_library_path()), once per process.
const CudaLibrary& cuda_library();

}  // namespace pointsman
