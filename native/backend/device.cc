#include "backend/device.h"

#include "backend/cuda_backend.h"
#include "backend/cuda_library.h"
#include "base/error.h"

namespace pointsman {

std::unique_ptr<Backend> make_cuda_backend(const KernelTable& kernels, const EncoderShape& shape) {
  const CudaLibrary& library = cuda_library();
  if (library.api == nullptr) throw Error(ErrorCode::kDeviceUnavailable, library.reason);
  // f16 has three more bits than bf16, and encoders of this family keep far below its largest number, 65,504.
  return std::make_unique<CudaBackend>(*library.api, kernels, shape, cuda::Format::kF16);
}

}  // namespace pointsman
