// One warp per row, which it reads once: 16 bytes a lane and load, all of them in flight together.
#include "cuda/kernels.h"
#include "cuda/launch.h"
#include "cuda/row.cuh"

namespace pointsman::cuda {

inline constexpr int kRowsPerBlock = 4;

template <typename T, int kVectors>
__global__ void __launch_bounds__(kRowsPerBlock* kWarpSize) layer_norm_kernel(LayerNormArgs<T> args) {
  const int row = static_cast<int>(blockIdx.x) * kRowsPerBlock + static_cast<int>(threadIdx.x) / kWarpSize;
  if (row >= args.batch->num_tokens) return;
  const std::size_t start = static_cast<std::size_t>(row) * args.width;
  float x[kVectors][kVectorWidth];
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    if (column_of(v) < args.width) load_vector(x[v], args.x + start + column_of(v));
  }
  normalize_row(x, args.gamma, args.beta, args.epsilon, args.width, args.out + start);
}

template <typename T>
void launch_layer_norm(const LayerNormArgs<T>& args, std::size_t rows, cudaStream_t stream) {
  const LaunchShape shape{.grid = ceil_divide(rows, kRowsPerBlock), .threads = kRowsPerBlock * kWarpSize};
  const auto run = [&]<int kVectors>() {
    launch(&layer_norm_kernel<T, kVectors>, "layer norm", shape, stream, args);
  };
  with_vectors(args.width, run);
}

template void launch_layer_norm(const LayerNormArgs<Bf16>&, std::size_t, cudaStream_t);
template void launch_layer_norm(const LayerNormArgs<F16>&, std::size_t, cudaStream_t);

}  // namespace pointsman::cuda
