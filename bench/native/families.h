// The families of kernels that are timed, one file each.
#pragma once

#include <span>

#include "harness.h"
#include "kernels/kernel_table.h"

namespace pointsman::bench {

// The steps of an encoder layer as the engine runs them with each table: products, attention, layer norm.
void bench_layer(const Harness& harness, std::span<const KernelTable* const> tables);

// GELU over an array in memory; in a layer it is part of a product.
void bench_gelu(const Harness& harness, const KernelTable& kernels);

}  // namespace pointsman::bench
