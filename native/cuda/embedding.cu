// One warp per token: the row of its word, the row of its position, their sum normalised.
#include "cuda/kernels.h"
#include "cuda/launch.h"
#include "cuda/row.cuh"

namespace pointsman::cuda {

inline constexpr int kRowsPerBlock = 4;

template <typename T, int kVectors>
__global__ void __launch_bounds__(kRowsPerBlock* kWarpSize) embedding_kernel(EmbeddingArgs<T> args) {
  const int token = static_cast<int>(blockIdx.x) * kRowsPerBlock + static_cast<int>(threadIdx.x) / kWarpSize;
  if (token >= args.batch->num_tokens) return;
  const T* word = args.words + static_cast<std::size_t>(args.ids[token]) * args.width;
  const float* place = args.positions + static_cast<std::size_t>(args.position_of[token]) * args.width;
  float x[kVectors][kVectorWidth];
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    const int column = column_of(v);
    if (column >= args.width) continue;
    float position[kVectorWidth];
    load_vector(x[v], word + column);
    load_vector(position, place + column);
#pragma unroll
    for (int i = 0; i < kVectorWidth; ++i) x[v][i] += position[i];
  }
  normalize_row(x, args.gamma, args.beta, args.epsilon, args.width,
                args.hidden + static_cast<std::size_t>(token) * args.width);
}

template <typename T>
void launch_embedding(const EmbeddingArgs<T>& args, std::size_t rows, cudaStream_t stream) {
  const LaunchShape shape{.grid = ceil_divide(rows, kRowsPerBlock), .threads = kRowsPerBlock * kWarpSize};
  const auto run = [&]<int kVectors>() {
    launch(&embedding_kernel<T, kVectors>, "embedding", shape, stream, args);
  };
  with_vectors(args.width, run);
}

template void launch_embedding(const EmbeddingArgs<Bf16>&, std::size_t, cudaStream_t);
template void launch_embedding(const EmbeddingArgs<F16>&, std::size_t, cudaStream_t);

}  // namespace pointsman::cuda
