#include "backend/device.h"

#include "backend/cuda_backend.h"
#include "backend/cuda_library.h"
#include "base/error.h"

namespace pointsman {

cuda::Format gpu_format(FloatFormat stored) noexcept {
  return stored == FloatFormat::kBF16 ? cuda::Format::kBf16 : cuda::Format::kF16;
}

std::unique_ptr<Backend> make_cuda_backend(const KernelTable& kernels, const EncoderShape& shape,
                                           cuda::Format format) {
  const CudaLibrary& library = cuda_library();
  if (library.api == nullptr) throw Error(ErrorCode::kDeviceUnavailable, library.reason);
  return std::make_unique<CudaBackend>(*library.api, kernels, shape, format);
}

}  // namespace pointsman
