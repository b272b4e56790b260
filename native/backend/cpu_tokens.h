// The two ends of a forward pass on the host, where activations are float32 rows whatever lies between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "backend/backend.h"
#include "backend/cpu_weights.h"
#include "kernels/kernel_table.h"

namespace pointsman {

// hidden [tokens, width] = the word table's rows.
void load_word_rows(const CpuEmbeddings& table, const BatchView& batch, std::size_t width, float* hidden,
                    const KernelTable& kernels);

// How many tokens from `first` on have positions that count up by one: consecutive rows of the position
// table.
std::size_t position_run(std::span<const std::int32_t> positions, std::size_t first);

// out [sequences, width]: the rows of hidden [tokens, width] by the rule.
void pool_tokens(const PoolingRule& rule, const BatchView& batch, const float* hidden, std::span<float> out,
                 const KernelTable& kernels);

}  // namespace pointsman
