// Attention of the CPU back end: per sequence and head two products over packed panels, a block of queries at
// a time. There is no padding and no mask: a sequence attends to its own tokens only, so neighbours in a
// batch cannot matter.
#include <algorithm>
#include <cmath>

#include "backend/cpu_backend.h"
#include "backend/cpu_weights.h"
#include "backend/cpu_workspace.h"

namespace pointsman {
namespace {

struct HeadTask {
  const float* qkv;  // first token of the sequence, first column of the head's queries
  float* context;    // same place in kContext
  std::size_t length;
  std::size_t head_dim;
  std::size_t hidden_size;
  const float* bias;  // of distance 0, or null
};

void pack_head(const KernelTable& kernels, const HeadTask& task, CpuWorkspace& space) {
  const std::size_t stride = 3 * task.hidden_size;
  kernels.pack({.b = task.qkv + task.hidden_size,
                .row_stride = 1,
                .col_stride = stride,
                .n = task.length,
                .k = task.head_dim,
                .packed = space.packed_keys()});
  kernels.pack({.b = task.qkv + 2 * task.hidden_size,
                .row_stride = stride,
                .col_stride = 1,
                .n = task.head_dim,
                .k = task.length,
                .packed = space.packed_values()});
}

// Context rows [first, first + rows) of one head.
void attend_block(const KernelTable& kernels, const HeadTask& task, CpuWorkspace& space, std::size_t first,
                  std::size_t rows) {
  const std::size_t score_stride = CpuWorkspace::score_stride(task.length);
  const std::size_t qkv_stride = 3 * task.hidden_size;
  kernels.gemm({.a = task.qkv + first * qkv_stride,
                .a_row_stride = qkv_stride,
                .a_col_stride = 1,
                .packed_b = space.packed_keys(),
                .c = space.scores(),
                .ldc = score_stride,
                .m = rows,
                .n = task.length,
                .k = task.head_dim});
  kernels.softmax_rows({.x = space.scores(),
                        .stride = score_stride,
                        .rows = rows,
                        .cols = task.length,
                        .scale = 1.0F / std::sqrt(static_cast<float>(task.head_dim)),
                        // Distance is key minus query: the next query's row begins one entry earlier.
                        .bias = task.bias == nullptr ? nullptr : task.bias - first,
                        .bias_stride = -1});
  kernels.gemm({.a = space.scores(),
                .a_row_stride = score_stride,
                .a_col_stride = 1,
                .packed_b = space.packed_values(),
                .c = task.context + first * task.hidden_size,
                .ldc = task.hidden_size,
                .m = rows,
                .n = task.head_dim,
                .k = task.length});
}

}  // namespace

void CpuBackend::attention(Workspace& workspace, const PreparedAttentionBias* bias) const {
  auto& space = static_cast<CpuWorkspace&>(workspace);
  const auto* by_distance = static_cast<const CpuAttentionBias*>(bias);
  const BatchView& batch = space.batch();
  const auto [hidden_size, num_heads, intermediate_size] = space.shape();
  const std::size_t head_dim = hidden_size / num_heads;
  for (std::size_t i = 0; i < batch.num_sequences(); ++i) {
    for (std::size_t head = 0; head < num_heads; ++head) {
      HeadTask task{.qkv = space.data(Slot::kQkv) + batch.offsets[i] * 3 * hidden_size + head * head_dim,
                    .context = space.data(Slot::kContext) + batch.offsets[i] * hidden_size + head * head_dim,
                    .length = batch.length(i),
                    .head_dim = head_dim,
                    .hidden_size = hidden_size,
                    .bias = nullptr};
      if (by_distance != nullptr) {
        const std::size_t distances = 2 * by_distance->max_distance + 1;
        task.bias = by_distance->by_distance.data() + head * distances + by_distance->max_distance;
      }
      pack_head(kernels_, task, space);
      for (std::size_t first = 0; first < task.length; first += CpuWorkspace::kQueryBlock) {
        attend_block(kernels_, task, space, first, std::min(CpuWorkspace::kQueryBlock, task.length - first));
      }
    }
  }
}

}  // namespace pointsman
