// Whether there is a device that can run the kernels.
#pragma once

#include "cuda/abi.h"

namespace pointsman::cuda {

// Facts of device 0. Throws Failure (kUnavailable) with the reason where there is none to use.
DeviceFacts probe_device();

}  // namespace pointsman::cuda
