// Tensor-core product with cp.async stages. The block walks over k in steps of 32; while it multiplies one
// step, the copies of the next kStages - 1 are under way.
#include "cuda/kernels.h"
#include "cuda/launch.h"
#include "cuda/shared_tile.cuh"

namespace pointsman::cuda {

// A step of 32 numbers is 64 bytes a row: two sectors of global memory, and two products deep.
inline constexpr int kStep = 32;

template <int kRows_, int kColumns_, int kWarpRows_, int kWarpColumns_, int kStages_>
struct Tiling {
  static constexpr int kRows = kRows_;  // of the block's tile of the output
  static constexpr int kColumns = kColumns_;
  static constexpr int kWarpRows = kWarpRows_;  // of a warp's
  static constexpr int kWarpColumns = kWarpColumns_;
  static constexpr int kStages = kStages_;
  static constexpr int kWarps = kRows / kWarpRows * (kColumns / kWarpColumns);
  static constexpr int kThreads = 32 * kWarps;
  static constexpr int kProductRows = kWarpRows / 16;
  static constexpr int kProductColumns = kWarpColumns / 8;
  static constexpr int kStageElements = (kRows + kColumns) * kStep;
  static constexpr std::size_t kSharedBytes = 2 * kStages * kStageElements;
  static_assert(kSharedBytes <= 48 * 1024);
};

// Sums: 64 registers a thread of 128 at two blocks a multiprocessor. Three stages are all that 48 KiB hold.
using LargeTiling = Tiling<128, 128, 64, 32, 3>;
// Sums: 32 registers; four stages are 32 KiB, so that a multiprocessor of 100 KiB holds three blocks.
using SmallTiling = Tiling<64, 64, 32, 32, 4>;

template <typename Tiles>
struct Sums {
  float value[Tiles::kProductRows][Tiles::kProductColumns][4];
};

// What one warp adds of one step.
template <typename T, typename Tiles>
__device__ __forceinline__ void multiply_step(Sums<Tiles>& sums, SharedTile<T, Tiles::kRows, kStep> a,
                                              SharedTile<T, Tiles::kColumns, kStep> w, int row, int column,
                                              int lane) {
#pragma unroll
  for (int depth = 0; depth < kStep; depth += 16) {
    std::uint32_t left[Tiles::kProductRows][4];
#pragma unroll
    for (int i = 0; i < Tiles::kProductRows; ++i) a.load_a(left[i], row + 16 * i, depth, lane);
#pragma unroll
    for (int j = 0; j < Tiles::kProductColumns; j += 2) {
      std::uint32_t right[4];
      w.load_b(right, column + 8 * j, depth, lane);
#pragma unroll
      for (int i = 0; i < Tiles::kProductRows; ++i) {
        mma_16816<T>(sums.value[i][j], left[i], right[0], right[1]);
        mma_16816<T>(sums.value[i][j + 1], left[i], right[2], right[3]);
      }
    }
  }
}

template <Epilogue kEpilogue>
__device__ __forceinline__ float activate(float x) {
  if constexpr (kEpilogue == Epilogue::kBiasGelu) return 0.5F * x * (1.0F + erff(x * 0.70710678F));
  if constexpr (kEpilogue == Epilogue::kBiasRelu) return x < 0.0F ? 0.0F : x;
  return x;
}

// Two neighbouring sums to the output.
template <typename T, Epilogue kEpilogue>
__device__ __forceinline__ void store_pair(const GemmArgs<T>& args, int row, int column, float first,
                                           float second) {
  const std::size_t at = static_cast<std::size_t>(row) * args.n + column;
  const float2 bias = *reinterpret_cast<const float2*>(args.bias + column);
  float low = activate<kEpilogue>(first + bias.x);
  float high = activate<kEpilogue>(second + bias.y);
  if constexpr (kEpilogue == Epilogue::kBiasResidual) {
    const float2 residual = widen<T>(*reinterpret_cast<const std::uint32_t*>(args.residual + at));
    low += residual.x;
    high += residual.y;
  }
  *reinterpret_cast<std::uint32_t*>(args.out + at) = narrow<T>(low, high);
}

template <typename T, typename Tiles, Epilogue kEpilogue>
__global__ void __launch_bounds__(Tiles::kThreads, 2) gemm_kernel(GemmArgs<T> args) {
  const int first_row = static_cast<int>(blockIdx.y) * Tiles::kRows;
  const int first_column = static_cast<int>(blockIdx.x) * Tiles::kColumns;
  const int rows_there = args.batch->num_tokens - first_row;
  if (rows_there <= 0) return;  // the whole block: a graph is captured for more rows than a batch may have

  T* const shared = reinterpret_cast<T*>(shared_memory());
  const auto a_stage = [&](int stage) {
    return SharedTile<T, Tiles::kRows, kStep>{shared + stage * Tiles::kStageElements};
  };
  const auto w_stage = [&](int stage) {
    return SharedTile<T, Tiles::kColumns, kStep>{shared + stage * Tiles::kStageElements +
                                                 Tiles::kRows * kStep};
  };
  const int steps = args.k / kStep;
  const auto begin_step = [&](int step) {
    if (step < steps) {
      const int stage = step % Tiles::kStages;
      a_stage(stage).template copy_async<Tiles::kThreads>(
          args.a + static_cast<std::size_t>(first_row) * args.k + step * kStep, args.k, rows_there);
      w_stage(stage).template copy_async<Tiles::kThreads>(
          args.weight + static_cast<std::size_t>(first_column) * args.k + step * kStep, args.k,
          args.n - first_column);
    }
    cp_async_commit();  // an empty group past the end keeps the count of those in flight
  };

  // Fill the pipeline.
#pragma unroll
  for (int step = 0; step < Tiles::kStages - 1; ++step) begin_step(step);

  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  constexpr int kWarpsAcross = Tiles::kColumns / Tiles::kWarpColumns;
  const int warp_row = warp / kWarpsAcross * Tiles::kWarpRows;
  const int warp_column = warp % kWarpsAcross * Tiles::kWarpColumns;
  Sums<Tiles> sums = {};
  for (int step = 0; step < steps; ++step) {
    cp_async_wait<Tiles::kStages - 2>();
    // After it this step is there for all, and nobody reads the stage any more that is filled next.
    __syncthreads();
    begin_step(step + Tiles::kStages - 1);
    const int stage = step % Tiles::kStages;
    multiply_step<T, Tiles>(sums, a_stage(stage), w_stage(stage), warp_row, warp_column, lane);
  }

  // Lane l of a product has columns 2 (l % 4) and the next of rows l / 4 and l / 4 + 8.
#pragma unroll
  for (int i = 0; i < Tiles::kProductRows; ++i) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int row = warp_row + 16 * i + 8 * half + lane / 4;
      if (row >= rows_there) continue;
#pragma unroll
      for (int j = 0; j < Tiles::kProductColumns; ++j) {
        const int column = first_column + warp_column + 8 * j + 2 * (lane % 4);
        if (column >= args.n) continue;
        store_pair<T, kEpilogue>(args, first_row + row, column, sums.value[i][j][2 * half],
                                 sums.value[i][j][2 * half + 1]);
      }
    }
  }
}

template <typename T, typename Tiles>
void launch_tiling(const GemmArgs<T>& args, Epilogue epilogue, std::size_t rows, cudaStream_t stream) {
  const LaunchShape shape{.grid = dim3(ceil_divide(args.n, Tiles::kColumns), ceil_divide(rows, Tiles::kRows)),
                          .threads = Tiles::kThreads,
                          .shared_bytes = Tiles::kSharedBytes};
  switch (epilogue) {
    case Epilogue::kBias:
      return launch(&gemm_kernel<T, Tiles, Epilogue::kBias>, "linear", shape, stream, args);
    case Epilogue::kBiasGelu:
      return launch(&gemm_kernel<T, Tiles, Epilogue::kBiasGelu>, "linear and GELU", shape, stream, args);
    case Epilogue::kBiasRelu:
      return launch(&gemm_kernel<T, Tiles, Epilogue::kBiasRelu>, "linear and ReLU", shape, stream, args);
    case Epilogue::kBiasResidual:
      return launch(&gemm_kernel<T, Tiles, Epilogue::kBiasResidual>, "linear and residual", shape, stream,
                    args);
  }
}

template <typename T>
void launch_gemm(const GemmArgs<T>& args, Epilogue epilogue, GemmTile tile, std::size_t rows,
                 cudaStream_t stream) {
  if (tile == GemmTile::kLarge) return launch_tiling<T, LargeTiling>(args, epilogue, rows, stream);
  launch_tiling<T, SmallTiling>(args, epilogue, rows, stream);
}

template void launch_gemm(const GemmArgs<Bf16>&, Epilogue, GemmTile, std::size_t, cudaStream_t);
template void launch_gemm(const GemmArgs<F16>&, Epilogue, GemmTile, std::size_t, cudaStream_t);

}  // namespace pointsman::cuda
