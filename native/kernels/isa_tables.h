// Every kernel table this source tree can build; CMake decides which files are compiled, select.cc which run.
#pragma once

#include "kernels/kernel_table.h"

namespace pointsman {

extern const KernelTable kReferenceKernels;
// Defined where POINTSMAN_X86_KERNELS is.
extern const KernelTable kAvx2Kernels;
extern const KernelTable kAvx512Kernels;
extern const KernelTable kAvx512Bf16Kernels;
extern const KernelTable kAmxKernels;
extern const KernelTable kNeonKernels;  // defined where POINTSMAN_ARM64_KERNELS is

}  // namespace pointsman
