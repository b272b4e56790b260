#include "backend/cpu_tokens.h"

#include <algorithm>

#include "base/l2_normalize.h"

namespace pointsman {

void load_word_rows(const CpuEmbeddings& table, const BatchView& batch, std::size_t width, float* hidden,
                    const KernelTable& kernels) {
  for (std::size_t t = 0; t < batch.num_tokens(); ++t) {
    load_floats(table.words, static_cast<std::size_t>(batch.ids[t]) * width, {hidden + t * width, width},
                kernels);
  }
}

std::size_t position_run(std::span<const std::int32_t> positions, std::size_t first) {
  std::size_t end = first + 1;
  while (end < positions.size() && positions[end] == positions[end - 1] + 1) ++end;
  return end - first;
}

void pool_tokens(const PoolingRule& rule, const BatchView& batch, const float* hidden, std::span<float> out,
                 const KernelTable& kernels) {
  const std::size_t width = out.size() / batch.num_sequences();
  for (std::size_t i = 0; i < batch.num_sequences(); ++i) {
    const float* tokens = hidden + batch.offsets[i] * width;
    const std::span<float> row = out.subspan(i * width, width);
    if (rule.pooling == Pooling::kCls) {
      std::copy_n(tokens, width, row.begin());
      continue;
    }
    std::fill(row.begin(), row.end(), 0.0F);
    kernels.accumulate_rows(tokens, batch.length(i), width, row.data());
    const float scale = 1.0F / static_cast<float>(batch.length(i));
    for (float& value : row) value *= scale;
  }
  if (rule.normalize) l2_normalize_rows(out, width);
}

}  // namespace pointsman
