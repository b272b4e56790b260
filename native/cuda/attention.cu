// Attention without a score matrix in memory (Dao et al. 2022): a block holds 64 queries of one head and
// walks over the keys in blocks of 64, keeping a running maximum and sum per query. The scores of a warp's 16
// queries leave one product in the registers in which the next one takes its left operand.
#include "cuda/kernels.h"
#include "cuda/launch.h"
#include "cuda/shared_tile.cuh"

namespace pointsman::cuda {

inline constexpr int kKeyBlock = 64;
inline constexpr int kWarps = kQueryTile / 16;  // 16 queries each: the rows of a product
inline constexpr int kAttentionThreads = 32 * kWarps;
inline constexpr int kKeyProducts = kKeyBlock / 8;
inline constexpr float kLog2E = 1.44269504F;
inline constexpr float kMinusInfinity = -INFINITY;

// Queries, and two stages each of keys and values: 20 KiB for heads of 32, 40 KiB for heads of 64.
template <int kHeadDim>
inline constexpr std::size_t kAttentionSharedBytes = 2 * (kQueryTile + 4 * kKeyBlock) * kHeadDim;

template <typename T, int kHeadDim>
struct AttentionShared {
  using Tile = SharedTile<T, kKeyBlock, kHeadDim>;
  static_assert(kQueryTile == kKeyBlock);

  T* base;

  __device__ __forceinline__ Tile queries() const { return {base}; }
  __device__ __forceinline__ Tile keys(int stage) const { return {base + (1 + stage) * Tile::kElements}; }
  __device__ __forceinline__ Tile values(int stage) const { return {base + (3 + stage) * Tile::kElements}; }
};

// One warp's 16 queries; a lane has rows lane / 4 and lane / 4 + 8 of them, each shared by four lanes.
template <int kHeadDim>
struct Running {
  float highest[2] = {kMinusInfinity, kMinusInfinity};
  float total[2] = {0, 0};  // of this lane's keys only
  float context[kHeadDim / 8][4] = {};
};

template <typename T, int kHeadDim, typename Tile>
__device__ __forceinline__ void score_keys(float (&scores)[kKeyProducts][4], Tile queries, Tile keys,
                                           int warp, int lane) {
#pragma unroll
  for (int depth = 0; depth < kHeadDim; depth += 16) {
    std::uint32_t left[4];
    queries.load_a(left, 16 * warp, depth, lane);
#pragma unroll
    for (int j = 0; j < kKeyProducts; j += 2) {
      std::uint32_t right[4];
      keys.load_b(right, 8 * j, depth, lane);
      mma_16816<T>(scores[j], left, right[0], right[1]);
      mma_16816<T>(scores[j + 1], left, right[2], right[3]);
    }
  }
}

// To exponents of 2, with the bias; minus infinity for keys past the sequence. `bias` points at the row's key
// 0.
__device__ __forceinline__ void scale_scores(float (&scores)[kKeyProducts][4], float scale,
                                             const float* const (&bias)[2], int first_key, int num_keys,
                                             int lane) {
#pragma unroll
  for (int j = 0; j < kKeyProducts; ++j) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int key = first_key + 8 * j + 2 * (lane % 4) + i % 2;
      float score = scores[j][i] * scale;
      if (key >= num_keys) {
        score = kMinusInfinity;
      } else if (bias[i / 2] != nullptr) {
        score += bias[i / 2][key] * kLog2E;
      }
      scores[j][i] = score;
    }
  }
}

// scores = 2^(scores - highest); what was summed under a lower maximum is scaled down.
template <int kHeadDim>
__device__ __forceinline__ void exponentiate(float (&scores)[kKeyProducts][4], Running<kHeadDim>& running) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float highest = running.highest[half];
#pragma unroll
    for (int j = 0; j < kKeyProducts; ++j) {
      highest = fmaxf(highest, fmaxf(scores[j][2 * half], scores[j][2 * half + 1]));
    }
    highest = fmaxf(highest, __shfl_xor_sync(0xFFFFFFFFU, highest, 1));
    highest = fmaxf(highest, __shfl_xor_sync(0xFFFFFFFFU, highest, 2));
    // A block has a key of the sequence, so `highest` is finite; before the first block the factor is 2^-inf
    // = 0.
    const float factor = exp2_approximate(running.highest[half] - highest);
    running.highest[half] = highest;
    running.total[half] *= factor;
#pragma unroll
    for (int j = 0; j < kKeyProducts; ++j) {
#pragma unroll
      for (int i = 2 * half; i < 2 * half + 2; ++i) {
        scores[j][i] = exp2_approximate(scores[j][i] - highest);
        running.total[half] += scores[j][i];
      }
    }
#pragma unroll
    for (int d = 0; d < kHeadDim / 8; ++d) {
      running.context[d][2 * half] *= factor;
      running.context[d][2 * half + 1] *= factor;
    }
  }
}

template <typename T, int kHeadDim, typename Tile>
__device__ __forceinline__ void add_values(Running<kHeadDim>& running,
                                           const float (&weights)[kKeyProducts][4], Tile values, int lane) {
#pragma unroll
  for (int j = 0; j < kKeyProducts; j += 2) {
    const std::uint32_t left[4] = {
        narrow<T>(weights[j][0], weights[j][1]), narrow<T>(weights[j][2], weights[j][3]),
        narrow<T>(weights[j + 1][0], weights[j + 1][1]), narrow<T>(weights[j + 1][2], weights[j + 1][3])};
#pragma unroll
    for (int d = 0; d < kHeadDim / 8; d += 2) {
      std::uint32_t right[4];
      values.load_b_transposed(right, 8 * j, 8 * d, lane);
      mma_16816<T>(running.context[d], left, right[0], right[1]);
      mma_16816<T>(running.context[d + 1], left, right[2], right[3]);
    }
  }
}

template <typename T, int kHeadDim>
__global__ void __launch_bounds__(kAttentionThreads) attention_kernel(AttentionArgs<T> args) {
  if (static_cast<int>(blockIdx.x) >= args.batch->num_tiles) return;  // the whole block
  const AttentionTile tile = args.tiles[blockIdx.x];
  const int head = static_cast<int>(blockIdx.y);
  const int hidden_size = args.num_heads * kHeadDim;
  const std::size_t row_stride = 3 * static_cast<std::size_t>(hidden_size);
  const int num_keys = tile.end - tile.begin;
  const T* const head_of_qkv = args.qkv + head * kHeadDim;
  const AttentionShared<T, kHeadDim> shared{reinterpret_cast<T*>(shared_memory())};

  const auto begin_keys = [&](int block) {
    const int first = block * kKeyBlock;
    const T* keys = head_of_qkv + hidden_size + (tile.begin + first) * row_stride;
    shared.keys(block % 2).template copy_async<kAttentionThreads>(keys, row_stride, num_keys - first);
    shared.values(block % 2).template copy_async<kAttentionThreads>(keys + hidden_size, row_stride,
                                                                    num_keys - first);
    cp_async_commit();
  };
  shared.queries().template copy_async<kAttentionThreads>(head_of_qkv + tile.first_query * row_stride,
                                                          row_stride, tile.end - tile.first_query);
  begin_keys(0);

  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int query = tile.first_query + 16 * warp + lane / 4;  // and the one 8 further
  const float* bias[2] = {nullptr, nullptr};
  if (args.bias != nullptr) {
    const float* of_head = args.bias + static_cast<std::size_t>(head) * (2 * args.max_distance + 1);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      // Queries past the sequence are computed and not stored; they must not read past the table.
      const int distance_of_key0 = tile.begin - min(query + 8 * half, tile.end - 1);
      bias[half] = of_head + args.max_distance + distance_of_key0;
    }
  }

  const float scale = kLog2E * rsqrtf(static_cast<float>(kHeadDim));
  const int blocks = (num_keys + kKeyBlock - 1) / kKeyBlock;
  Running<kHeadDim> running;
  for (int block = 0; block < blocks; ++block) {
    if (block + 1 < blocks) {
      begin_keys(block + 1);
      cp_async_wait<1>();
    } else {
      cp_async_wait<0>();
    }
    __syncthreads();  // what all threads copied is there
    float scores[kKeyProducts][4] = {};
    score_keys<T, kHeadDim>(scores, shared.queries(), shared.keys(block % 2), warp, lane);
    scale_scores(scores, scale, bias, block * kKeyBlock, num_keys, lane);
    exponentiate(scores, running);
    add_values<T>(running, scores, shared.values(block % 2), lane);
    __syncthreads();  // before the next copies overwrite what others still read
  }

#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float total = running.total[half];
    total += __shfl_xor_sync(0xFFFFFFFFU, total, 1);
    total += __shfl_xor_sync(0xFFFFFFFFU, total, 2);
    if (query + 8 * half >= tile.end) continue;
    const float factor = 1.0F / total;
    T* const row = args.context + static_cast<std::size_t>(query + 8 * half) * hidden_size + head * kHeadDim;
#pragma unroll
    for (int d = 0; d < kHeadDim / 8; ++d) {
      *reinterpret_cast<std::uint32_t*>(row + 8 * d + 2 * (lane % 4)) =
          narrow<T>(running.context[d][2 * half] * factor, running.context[d][2 * half + 1] * factor);
    }
  }
}

template <typename T, int kHeadDim>
void launch_heads(const AttentionArgs<T>& args, std::size_t tiles, cudaStream_t stream) {
  const LaunchShape shape{.grid = dim3(static_cast<unsigned>(tiles), static_cast<unsigned>(args.num_heads)),
                          .threads = kAttentionThreads,
                          .shared_bytes = kAttentionSharedBytes<kHeadDim>};
  launch(&attention_kernel<T, kHeadDim>, "attention", shape, stream, args);
}

template <typename T>
void launch_attention(const AttentionArgs<T>& args, std::size_t tiles, cudaStream_t stream) {
  if (args.head_dim == 32) return launch_heads<T, 32>(args, tiles, stream);
  if (args.head_dim == 64) return launch_heads<T, 64>(args, tiles, stream);
  throw Failure(Outcome::kUnsupported,
                "attention heads of " + std::to_string(args.head_dim) + " numbers; 32 and 64 are supported");
}

template void launch_attention(const AttentionArgs<Bf16>&, std::size_t, cudaStream_t);
template void launch_attention(const AttentionArgs<F16>&, std::size_t, cudaStream_t);

}  // namespace pointsman::cuda
