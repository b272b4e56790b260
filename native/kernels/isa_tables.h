// Every kernel table this source tree can build; CMake decides which files are compiled, select.cc which run.
#pragma once

#include "kernels/kernel_table.h"

namespace pointsman {

extern const KernelTable kReferenceKernels;
extern const KernelTable kAvx2Kernels;    // defined where POINTSMAN_X86_KERNELS is
extern const KernelTable kAvx512Kernels;  // likewise

}  // namespace pointsman
