// What executes a kernel: its source compiled for the host, or the PTX that nvcc made of it.
#pragma once

#include "cuda_emulation/block.h"

namespace pointsman::cuda_emulation {

Launch with_executor(Launch launch);

}  // namespace pointsman::cuda_emulation
