// The contract for encoder kernels whose operands are bf16 and whose sums are float32: one table per ISA that
// multiplies bf16. Tables of float32 kernels are in kernel_table.h.
//
// Two layouts of a bf16 matrix [rows, cols]:
//   panels     panels of 32 columns, each row-major: [cols / 32][rows][32]. A head of attention is one panel
//   of
//              queries, keys and values each (or several), read without strides.
//   row tiles  cut into tiles of 16 rows by 32 columns, row-major inside a tile (1 KiB); tile (i, j) is
//   number
//              i * cols / 32 + j. What a product reads is then one ascending stream.
// Both are filled up to a multiple of 16 rows; the values of these extra rows are unspecified and reach no
// other row. Every pointer is aligned to 64 bytes. Every width (n, k, hidden_size, head_dim) is a multiple
// of 32. A row's result depends neither on the number of rows nor on the other rows.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernel_table.h"

namespace pointsman {

using Bf16 = std::uint16_t;  // the upper half of a float32

struct Bf16PackArgs {
  const float* weight;  // [n, k] row-major, as Hugging Face stores a linear layer; need not be aligned
  std::size_t n;
  std::size_t k;
  Bf16* packed;  // n * k elements: the weights as the right operand of a product, in the order they are read
};

enum class Bf16Output {
  kTiles,      // row tiles of bf16
  kPanels,     // panels of bf16
  kAddToRows,  // rows of float32, to which the product is added, without bias and activation
};

// out = activation(a · weightᵀ + bias), or out += a · weightᵀ; sums in float32 in ascending order of k.
struct Bf16LinearArgs {
  const Bf16* a;  // row tiles [m, k]
  const Bf16* packed;
  const float* bias;  // [n]; not read for kAddToRows
  std::size_t m;
  std::size_t n;
  std::size_t k;
  Activation activation;
  Bf16Output layout;
  void* out;               // [m, n] in that layout
  std::size_t panel_rows;  // for kPanels: rows of a panel, m rounded up to 16 at least
};

// context = softmax(Q Kᵀ / sqrt(head_dim) + bias) V of one sequence, every head.
struct Bf16AttentionArgs {
  const Bf16* qkv;  // panels [panel_rows, 3 * hidden_size]: queries, keys, values; 31 rows past the sequence
                    // are readable
  std::size_t panel_rows;
  Bf16* context;      // row tiles [tokens, hidden_size]; rows of other sequences stay as they are
  std::size_t first;  // row of the sequence's first token
  std::size_t length;
  std::size_t hidden_size;
  std::size_t num_heads;
  // Per head, by query position - key position, bias_stride apart, pointing at distance 0; or null. 15 floats
  // past either end are readable.
  const float* bias;
  std::size_t bias_stride;
  std::byte* scratch;  // attention_scratch_bytes(length, head_dim)
};

// hidden = layer_norm(x + hidden), two-pass variance, in place; the same values rounded go to `tiles`.
struct Bf16LayerNormArgs {
  const float* x;  // [rows, cols], rows x_row_stride apart (0: one row for all); need not be aligned
  std::size_t x_row_stride;
  const float* gamma;
  const float* beta;
  float epsilon;
  float* hidden;  // [rows, cols]
  Bf16* tiles;    // row tiles of the whole matrix, of which `hidden` is the rows from first_row on
  std::size_t first_row;
  std::size_t rows;
  std::size_t cols;
};

struct Bf16Kernels {
  void (*pack)(const Bf16PackArgs&);
  void (*linear)(const Bf16LinearArgs&);
  std::size_t (*attention_scratch_bytes)(std::size_t length, std::size_t head_dim);
  void (*attention)(const Bf16AttentionArgs&);
  void (*layer_norm)(const Bf16LayerNormArgs&);
};

}  // namespace pointsman
