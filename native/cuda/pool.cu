// One block per sequence: a thread sums pairs of columns down the rows, which the block reads side by side.
#include "cuda/kernels.h"
#include "cuda/launch.h"
#include "cuda/row.cuh"

namespace pointsman::cuda {

inline constexpr int kPoolThreads = 128;
inline constexpr int kPoolWarps = kPoolThreads / kWarpSize;
inline constexpr float kSmallestNorm = 1e-12F;  // as torch.nn.functional.normalize

// The sum of every thread's value, in all of them.
__device__ __forceinline__ float block_sum(float value, float* shared) {
  value = warp_sum(value);
  if (threadIdx.x % kWarpSize == 0) shared[threadIdx.x / kWarpSize] = value;
  __syncthreads();
  float sum = 0;
#pragma unroll
  for (int warp = 0; warp < kPoolWarps; ++warp) sum += shared[warp];
  return sum;
}

// kPairs: pairs of columns a thread holds.
template <typename T, int kPairs>
__global__ void __launch_bounds__(kPoolThreads) pool_kernel(PoolArgs<T> args) {
  const int sequence = static_cast<int>(blockIdx.x);
  if (sequence >= args.batch->num_sequences) return;  // the whole block
  const int begin = args.offsets[sequence];
  const int end = args.kind == PoolKind::kCls ? begin + 1 : args.offsets[sequence + 1];
  float sums[kPairs][2] = {};
  for (int token = begin; token < end; ++token) {
    const T* row = args.hidden + static_cast<std::size_t>(token) * args.width;
#pragma unroll
    for (int i = 0; i < kPairs; ++i) {
      const int column = 2 * (i * kPoolThreads + static_cast<int>(threadIdx.x));
      if (column >= args.width) continue;
      const float2 pair = widen<T>(*reinterpret_cast<const std::uint32_t*>(row + column));
      sums[i][0] += pair.x;
      sums[i][1] += pair.y;
    }
  }
  float scale = 1.0F / static_cast<float>(end - begin);
  if (args.normalize) {
    float squares = 0;
#pragma unroll
    for (int i = 0; i < kPairs; ++i) squares += sums[i][0] * sums[i][0] + sums[i][1] * sums[i][1];
    const float norm = sqrtf(block_sum(squares, reinterpret_cast<float*>(shared_memory()))) * scale;
    scale /= fmaxf(norm, kSmallestNorm);
  }
  float* const out = args.out + static_cast<std::size_t>(sequence) * args.width;
#pragma unroll
  for (int i = 0; i < kPairs; ++i) {
    const int column = 2 * (i * kPoolThreads + static_cast<int>(threadIdx.x));
    if (column >= args.width) continue;
    *reinterpret_cast<float2*>(out + column) = make_float2(sums[i][0] * scale, sums[i][1] * scale);
  }
}

template <typename T>
void launch_pool(const PoolArgs<T>& args, std::size_t sequences, cudaStream_t stream) {
  const LaunchShape shape{.grid = dim3(static_cast<unsigned>(sequences)),
                          .threads = kPoolThreads,
                          .shared_bytes = kPoolWarps * sizeof(float)};
  static_assert(2 * kPoolThreads == kVectorColumns, "with_vectors counts what a thread holds");
  const auto run = [&]<int kPairs>() { launch(&pool_kernel<T, kPairs>, "pooling", shape, stream, args); };
  with_vectors(args.width, run);
}

template void launch_pool(const PoolArgs<Bf16>&, std::size_t, cudaStream_t);
template void launch_pool(const PoolArgs<F16>&, std::size_t, cudaStream_t);

}  // namespace pointsman::cuda
