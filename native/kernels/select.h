// Run-time choice of the instruction set.
#pragma once

#include <span>
#include <string_view>

#include "kernels/kernel_table.h"

namespace pointsman {

// Tables compiled into this binary and runnable on this CPU, best first; "reference" is always the last.
std::span<const KernelTable* const> available_kernel_tables();

// Names of every table compiled into this binary, best first, runnable here or not.
std::span<const char* const> compiled_kernel_names();

// The table called `name`. Throws kUnsupported (naming the ones available) when it is unknown or cannot run
// here.
const KernelTable& kernel_table(std::string_view name);

// The table this process uses: POINTSMAN_ISA if set (an impossible one throws), else the best. Chosen once.
const KernelTable& kernels();

}  // namespace pointsman
