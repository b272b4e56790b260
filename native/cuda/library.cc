// The one symbol that libpointsman_cuda.so exports.
#include "cuda/abi.h"
#include "cuda/check.h"
#include "cuda/device.h"

namespace pointsman::cuda {
namespace {

void probe(DeviceFacts* facts, Status* status) {
  guarded(*status, [&] { *facts = probe_device(); });
}

constexpr Api kApi = {
    .abi_version = kAbiVersion,
    .probe = probe,
};

}  // namespace
}  // namespace pointsman::cuda

extern "C" __attribute__((visibility("default"))) const pointsman::cuda::Api* pointsman_cuda_api() {
  return &pointsman::cuda::kApi;
}
