// The contract of the kernels. T is the stored number, Bf16 or F16; sums, softmax, means and variances are
// float32. Matrices are row-major and dense, rows are tokens; pointers are device memory, aligned to 16
// bytes; every width is a multiple of 32. Outputs alias inputs only where said.
//
// How many tokens there are stands in device memory (BatchHeader), so that a captured graph serves every
// batch up to the size it was captured for: `rows` of a launch is that size, and what lies past the batch is
// neither read nor written. A row's result depends neither on that size nor on the other rows.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

#include "cuda/number.h"
#include "model/head_step.h"

namespace pointsman::cuda {

struct BatchHeader {
  std::int32_t num_tokens;
  std::int32_t num_sequences;
  std::int32_t num_tiles;  // of attention
  std::int32_t unused;
};

// Up to kQueryTile consecutive queries of one sequence, which is tokens begin to end.
struct AttentionTile {
  std::int32_t begin;
  std::int32_t end;
  std::int32_t first_query;
  std::int32_t unused;
};
inline constexpr int kQueryTile = 64;

inline constexpr int kMostHiddenSize =
    1024;  // of embedding and layer norm: a row is held in a warp's registers

// hidden = layer_norm(words[id] + positions[position]), two-pass variance.
template <typename T>
struct EmbeddingArgs {
  const BatchHeader* batch;
  const std::int32_t* ids;
  const std::int32_t* position_of;
  const T* words;          // [vocabulary, width]
  const float* positions;  // [positions, width]
  const float* gamma;
  const float* beta;
  T* hidden;
  float epsilon;
  std::int32_t width;
};

// out = layer_norm(x), two-pass variance. `out` may be `x`.
template <typename T>
struct LayerNormArgs {
  const BatchHeader* batch;
  const T* x;
  const float* gamma;
  const float* beta;
  T* out;
  float epsilon;
  std::int32_t width;
};

enum class Epilogue { kBias, kBiasGelu, kBiasRelu, kBiasResidual };  // GELU by erf

// out = epilogue(a · weightᵀ + bias): the activation of it, or with `residual` added.
template <typename T>
struct GemmArgs {
  const BatchHeader* batch;
  const T* a;         // [tokens, k]
  const T* weight;    // [n, k]
  const float* bias;  // [n]
  const T* residual;  // [tokens, n]; read for kBiasResidual only
  T* out;             // [tokens, n]
  std::int32_t n;
  std::int32_t k;
};

// A small tile fills more multiprocessors, a large one reads less: 128 x 128 per 8 warps does 64
// multiply-adds for each 16-bit number it loads, 64 x 64 per 4 warps 32.
enum class GemmTile { kSmall, kLarge };

// context = softmax(Q Kᵀ / sqrt(head_dim) + bias) V per sequence and head.
template <typename T>
struct AttentionArgs {
  const BatchHeader* batch;
  const AttentionTile* tiles;
  const T* qkv;  // [tokens, 3 * hidden_size]: queries, keys, values
  T* context;    // [tokens, hidden_size]
  // bias[head][max_distance + key - query] of 2 * max_distance + 1 values a head, or null.
  const float* bias;
  std::int32_t max_distance;
  std::int32_t num_heads;
  std::int32_t head_dim;  // 32 or 64
};

enum class PoolKind : std::uint32_t { kMean, kCls };

// out[sequence] = mean of its rows, or its first row; divided by its L2 norm (if above 1e-12) where asked.
template <typename T>
struct PoolArgs {
  const BatchHeader* batch;
  const std::int32_t* offsets;  // [sequences + 1]
  const T* hidden;
  float* out;  // [sequences, width]
  std::int32_t width;
  PoolKind kind;
  bool normalize;
};

inline constexpr int kHeadRows = 4;  // prompts of a block: a weight is read once for all of them

// A head's steps over a row of row_floats, which begins with the prompt's features.
struct DeviceHead {
  const HeadStep* steps;
  const float* values;
  std::int32_t num_steps;
  std::int32_t row_floats;
  std::int32_t scores_at;  // in the row
  std::int32_t num_models;
  std::int32_t first_score;  // in a row of `scores`
  std::int32_t unused;
};

// scores[prompt][first_score ...] of every head = what its steps leave. Features are float32.
struct HeadsArgs {
  const float* features;  // [prompts, dimension]
  const DeviceHead* heads;
  float* scores;        // [prompts, num_scores]
  float* similarities;  // kHeadRows * most_keys a block, to work in
  std::int32_t num_prompts;
  std::int32_t dimension;
  std::int32_t num_scores;
  std::int32_t most_keys;
  std::int32_t blocks_per_head;
  std::int32_t unused;
};

constexpr std::size_t head_shared_bytes(std::size_t row_floats) {
  return kHeadRows * row_floats * sizeof(float);
}

template <typename T>
void launch_embedding(const EmbeddingArgs<T>& args, std::size_t rows, cudaStream_t stream);
template <typename T>
void launch_layer_norm(const LayerNormArgs<T>& args, std::size_t rows, cudaStream_t stream);
template <typename T>
void launch_gemm(const GemmArgs<T>& args, Epilogue epilogue, GemmTile tile, std::size_t rows,
                 cudaStream_t stream);
template <typename T>
void launch_attention(const AttentionArgs<T>& args, std::size_t tiles, cudaStream_t stream);
template <typename T>
void launch_pool(const PoolArgs<T>& args, std::size_t sequences, cudaStream_t stream);
// Before the first launch_heads: gives a block of it all the memory that the device has for one. How much
// that is, in bytes.
std::size_t allow_memory_for_heads();
// row_floats: the most of any head.
void launch_heads(const HeadsArgs& args, std::size_t num_heads, std::size_t row_floats, cudaStream_t stream);

}  // namespace pointsman::cuda
