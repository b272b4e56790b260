// The contract between the engine and an instruction set: one table of functions per ISA.
// Plain structs and pointers only: per-ISA files are compiled with wide flags and must not instantiate inline
// library code that the linker could share with the rest of the program.
//
// All matrices are float32. Strides are in elements. Pointers need no alignment unless said so. Outputs may
// not alias inputs unless said so. Every kernel accepts zero rows.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pointsman {

enum class Activation { kNone, kRelu, kGelu, kSigmoid, kTanh };  // kGelu is the exact (erf) form

// B of a product C = A·B, read as B[p][j] = b[p * row_stride + j * col_stride], p < k, j < n. A weight stored
// [out, in] (Hugging Face) therefore has row_stride 1 and col_stride in.
struct PackArgs {
  const float* b;
  std::size_t row_stride;
  std::size_t col_stride;
  std::size_t n;
  std::size_t k;
  float* packed;  // 64-byte aligned, packed_floats(n, k) elements; layout is the ISA's own
};

// C[i][j] = act(alpha * sum_p A[i][p]·B[p][j] + bias[j]) (+ C[i][j] before `act` when accumulate).
// A[i][p] = a[i * a_row_stride + p * a_col_stride].
struct GemmArgs {
  const float* a;
  std::size_t a_row_stride;
  std::size_t a_col_stride;
  const float* packed_b;
  float* c;
  std::size_t ldc;
  std::size_t m;
  std::size_t n;
  std::size_t k;
  float alpha = 1.0F;
  const float* bias = nullptr;  // [n] or null
  Activation activation = Activation::kNone;
  bool accumulate = false;
};

// out[r] = gamma * (x[r] + residual[r] - mean) / sqrt(var + epsilon) + beta, two-pass variance. `out` may be
// `x` or `residual`.
struct LayerNormArgs {
  const float* x;
  const float* residual;  // [rows, cols] or null
  const float* gamma;
  const float* beta;
  float epsilon;
  float* out;
  std::size_t rows;
  std::size_t cols;
};

// In place: x[r][c] = softmax over c of (scale * x[r][c] + bias[r * bias_stride + c]).
struct SoftmaxArgs {
  float* x;
  std::size_t stride;
  std::size_t rows;
  std::size_t cols;
  float scale;
  const float* bias;  // or null
  // May be negative: relative position biases walk backwards as the row advances.
  std::ptrdiff_t bias_stride;
};

// IPR's factored pairwise head: out[i][c] = bias[c] + sum_j u[j] * relu(prompt[i][j] + model[c][j]).
struct PairwiseHeadArgs {
  const float* prompt;  // [rows, hidden]
  const float* model;   // [models, hidden]
  const float* u;       // [hidden]
  const float* bias;    // [models]
  float* out;           // [rows, models]
  std::size_t rows;
  std::size_t models;
  std::size_t hidden;
};

// The gradient of that head's scores, summed over where its units are active, active[i][c][j] = prompt[i][j]
// + model[c][j] > 0: by_prompt[i][j] = sum_c gradient[i][c] * active, by_model[c][j] = sum_i gradient[i][c] *
// active.
struct PairwiseActiveArgs {
  const float* prompt;    // [rows, hidden]
  const float* model;     // [models, hidden]
  const float* gradient;  // [rows, models]
  float* by_prompt;       // [rows, hidden]
  float* by_model;        // [models, hidden]
  std::size_t rows;
  std::size_t models;
  std::size_t hidden;
};

// One AdamW step with decoupled weight decay (Loshchilov and Hutter 2019), in place.
struct AdamWArgs {
  float* param;
  const float* grad;
  float* first_moment;
  float* second_moment;
  std::size_t count;
  float learning_rate;
  float beta1;
  float beta2;
  float epsilon;
  float weight_decay;
  std::uint64_t step;  // from 1
};

struct Bf16Kernels;  // see bf16_kernels.h

struct KernelTable {
  const char* name;  // as POINTSMAN_ISA names it
  std::size_t (*packed_floats)(std::size_t n, std::size_t k);
  void (*pack)(const PackArgs&);
  void (*gemm)(const GemmArgs&);
  void (*layer_norm)(const LayerNormArgs&);
  void (*softmax_rows)(const SoftmaxArgs&);
  void (*activate)(Activation activation, float* x, std::size_t count);
  void (*pairwise_head)(const PairwiseHeadArgs&);
  void (*pairwise_active)(const PairwiseActiveArgs&);
  void (*adamw)(const AdamWArgs&);
  void (*half_to_float)(const std::uint16_t* half, float* out, std::size_t count);  // IEEE binary16
  void (*accumulate_rows)(const float* x, std::size_t rows, std::size_t cols,
                          float* out);  // out[c] += sum_r x[r][c]
  float (*dot)(const float* x, const float* y, std::size_t count);
  // What the encoder runs on where the ISA multiplies bf16; null: it computes in float32.
  const Bf16Kernels* bf16;
};

}  // namespace pointsman
