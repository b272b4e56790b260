#include "backend/cuda_library.h"

#include <cstdlib>

#if defined(__linux__)
#include <dlfcn.h>
#endif

namespace pointsman {
namespace {

constexpr char kFileName[] = "libpointsman_cuda.so";
constexpr char kPathVariable[] = "POINTSMAN_CUDA_LIBRARY";

#if defined(__linux__)

std::string last_dl_error() {
  const char* message = dlerror();
  return message == nullptr ? "unknown reason" : message;
}

// The folder of the shared object, or program, that holds this function.
std::filesystem::path own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr) return {};
  return std::filesystem::path(info.dli_fname).parent_path();
}

// Null with `library.reason` set where the file is not a library for this addon. Its functions stay loaded:
// CUDA's own threads and handlers do not survive that a library is closed.
const cuda::Api* load_api(CudaLibrary& library) {
  void* handle = dlopen(library.path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    library.reason = "the CUDA library could not be loaded: " + last_dl_error();
    return nullptr;
  }
  void* symbol = dlsym(handle, cuda::kEntryPoint);
  if (symbol == nullptr) {
    library.reason = library.path.string() + " is not the CUDA library of Pointsman: " + last_dl_error();
    return nullptr;
  }
  const cuda::Api* api = reinterpret_cast<cuda::EntryPoint>(symbol)();
  if (api->abi_version == cuda::kAbiVersion) return api;
  library.reason = library.path.string() + " has ABI version " + std::to_string(api->abi_version) +
                   ", this addon needs version " + std::to_string(cuda::kAbiVersion) +
                   "; install both from the same release";
  return nullptr;
}

#else

std::filesystem::path own_folder() {
  return {};
}

const cuda::Api* load_api(CudaLibrary& library) {
  library.reason = "the CUDA back end exists for Linux only";
  return nullptr;
}

#endif

}  // namespace

CudaLibrary open_cuda_library(const std::filesystem::path& path) {
  CudaLibrary library{.path = path};
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    library.reason = "there is no " + path.string() +
                     "; build it with nvcc 12.8 or later on the PATH, or set " + kPathVariable +
                     " to where it is";
    return library;
  }
  const cuda::Api* api = load_api(library);
  if (api == nullptr) return library;
  cuda::Status status{};
  api->probe(&library.device, &status);
  if (status.outcome == cuda::Outcome::kOk) {
    library.api = api;
  } else {
    library.reason = status.message;
  }
  return library;
}

std::filesystem::path cuda_library_path() {
  const char* named = std::getenv(kPathVariable);
  if (named != nullptr && *named != '\0') return named;
  return own_folder() / kFileName;
}

const CudaLibrary& cuda_library() {
  // Never destroyed: worker threads may still use it while the process exits.
  static const auto* library = new CudaLibrary(open_cuda_library(cuda_library_path()));
  return *library;
}

}  // namespace pointsman
