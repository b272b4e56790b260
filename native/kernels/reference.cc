// The oracle: every kernel in plain C++ with float64 arithmetic, rounded once where a float is stored. Also
// what runs where no other table does.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

#include "kernels/isa_tables.h"

namespace pointsman {
namespace {

double activation_value(Activation activation, double x) {
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kRelu:
      return x < 0.0 ? 0.0 : x;
    case Activation::kGelu:
      return 0.5 * x * std::erfc(-x / std::numbers::sqrt2);  // 1 + erf(z) without its cancellation below zero
    case Activation::kSigmoid:
      return 1.0 / (1.0 + std::exp(-x));
    case Activation::kTanh:
      return std::tanh(x);
  }
  return x;
}

std::size_t packed_floats(std::size_t n, std::size_t k) {
  return n * k;
}

// B as it is read: [k, n], row-major.
void pack(const PackArgs& args) {
  for (std::size_t p = 0; p < args.k; ++p) {
    for (std::size_t j = 0; j < args.n; ++j) {
      args.packed[p * args.n + j] = args.b[p * args.row_stride + j * args.col_stride];
    }
  }
}

void gemm(const GemmArgs& args) {
  for (std::size_t i = 0; i < args.m; ++i) {
    for (std::size_t j = 0; j < args.n; ++j) {
      double sum = 0.0;
      for (std::size_t p = 0; p < args.k; ++p) {
        const double a = args.a[i * args.a_row_stride + p * args.a_col_stride];
        sum += a * static_cast<double>(args.packed_b[p * args.n + j]);
      }
      float& c = args.c[i * args.ldc + j];
      double value = static_cast<double>(args.alpha) * sum;
      if (args.bias != nullptr) value += static_cast<double>(args.bias[j]);
      if (args.accumulate) value += static_cast<double>(c);
      c = static_cast<float>(activation_value(args.activation, value));
    }
  }
}

void layer_norm(const LayerNormArgs& args) {
  const double cols = static_cast<double>(args.cols);
  for (std::size_t row = 0; row < args.rows; ++row) {
    const std::size_t start = row * args.cols;
    const auto input = [&](std::size_t c) {
      const double x = args.x[start + c];
      return args.residual == nullptr ? x : x + static_cast<double>(args.residual[start + c]);
    };
    double mean = 0.0;
    for (std::size_t c = 0; c < args.cols; ++c) mean += input(c) / cols;
    double variance = 0.0;
    for (std::size_t c = 0; c < args.cols; ++c) variance += (input(c) - mean) * (input(c) - mean) / cols;
    const double deviation = std::sqrt(variance + static_cast<double>(args.epsilon));
    for (std::size_t c = 0; c < args.cols; ++c) {
      const double normal = (input(c) - mean) / deviation;
      args.out[start + c] =
          static_cast<float>(normal * static_cast<double>(args.gamma[c]) + static_cast<double>(args.beta[c]));
    }
  }
}

void softmax_rows(const SoftmaxArgs& args) {
  for (std::size_t row = 0; row < args.rows; ++row) {
    float* x = args.x + row * args.stride;
    const float* bias =
        args.bias == nullptr ? nullptr : args.bias + static_cast<std::ptrdiff_t>(row) * args.bias_stride;
    const auto score = [&](std::size_t c) {
      const double scaled = static_cast<double>(args.scale) * static_cast<double>(x[c]);
      return bias == nullptr ? scaled : scaled + static_cast<double>(bias[c]);
    };
    double highest = -std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < args.cols; ++c) highest = std::max(highest, score(c));
    double total = 0.0;
    for (std::size_t c = 0; c < args.cols; ++c) total += std::exp(score(c) - highest);
    for (std::size_t c = 0; c < args.cols; ++c)
      x[c] = static_cast<float>(std::exp(score(c) - highest) / total);
  }
}

void activate(Activation activation, float* x, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) x[i] = static_cast<float>(activation_value(activation, x[i]));
}

void pairwise_head(const PairwiseHeadArgs& args) {
  for (std::size_t row = 0; row < args.rows; ++row) {
    for (std::size_t c = 0; c < args.models; ++c) {
      double score = args.bias[c];
      for (std::size_t j = 0; j < args.hidden; ++j) {
        const double shared = args.prompt[row * args.hidden + j];
        const double model = args.model[c * args.hidden + j];
        const double unit = activation_value(Activation::kRelu, shared + model);
        score += static_cast<double>(args.u[j]) * unit;
      }
      args.out[row * args.models + c] = static_cast<float>(score);
    }
  }
}

void pairwise_active(const PairwiseActiveArgs& args) {
  const auto active = [&args](std::size_t row, std::size_t c, std::size_t j) -> double {
    const float unit = args.prompt[row * args.hidden + j] + args.model[c * args.hidden + j];
    return unit > 0.0F ? args.gradient[row * args.models + c] : 0.0F;
  };
  for (std::size_t j = 0; j < args.hidden; ++j) {
    for (std::size_t row = 0; row < args.rows; ++row) {
      double sum = 0;
      for (std::size_t c = 0; c < args.models; ++c) sum += active(row, c, j);
      args.by_prompt[row * args.hidden + j] = static_cast<float>(sum);
    }
    for (std::size_t c = 0; c < args.models; ++c) {
      double sum = 0;
      for (std::size_t row = 0; row < args.rows; ++row) sum += active(row, c, j);
      args.by_model[c * args.hidden + j] = static_cast<float>(sum);
    }
  }
}

void adamw(const AdamWArgs& args) {
  const double beta1 = args.beta1;
  const double beta2 = args.beta2;
  const double rate = args.learning_rate;
  const double step = static_cast<double>(args.step);
  for (std::size_t i = 0; i < args.count; ++i) {
    const double grad = args.grad[i];
    const double first = beta1 * static_cast<double>(args.first_moment[i]) + (1.0 - beta1) * grad;
    const double second = beta2 * static_cast<double>(args.second_moment[i]) + (1.0 - beta2) * grad * grad;
    const double first_corrected = first / (1.0 - std::pow(beta1, step));
    const double second_corrected = second / (1.0 - std::pow(beta2, step));
    const double direction =
        first_corrected / (std::sqrt(second_corrected) + static_cast<double>(args.epsilon));
    const double param = args.param[i];
    args.first_moment[i] = static_cast<float>(first);
    args.second_moment[i] = static_cast<float>(second);
    args.param[i] =
        static_cast<float>(param - rate * (direction + static_cast<double>(args.weight_decay) * param));
  }
}

float half_value(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1FU;
  const std::uint32_t fraction = half & 0x3FFU;
  if (exponent == 0x1F) {  // infinity, or a NaN that keeps its payload and becomes quiet, as F16C does
    const std::uint32_t quiet = fraction == 0 ? 0U : 0x00400000U;
    return std::bit_cast<float>(sign | 0x7F800000U | quiet | (fraction << 13));
  }
  if (exponent == 0) {
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
  }
  return std::bit_cast<float>(sign | ((exponent + 112U) << 23) | (fraction << 13));  // 112 = 127 - 15
}

void half_to_float(const std::uint16_t* half, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = half_value(half[i]);
}

void accumulate_rows(const float* x, std::size_t rows, std::size_t cols, float* out) {
  for (std::size_t c = 0; c < cols; ++c) {
    double sum = out[c];
    for (std::size_t row = 0; row < rows; ++row) sum += static_cast<double>(x[row * cols + c]);
    out[c] = static_cast<float>(sum);
  }
}

float dot(const float* x, const float* y, std::size_t count) {
  double sum = 0.0;
  for (std::size_t i = 0; i < count; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(y[i]);
  return static_cast<float>(sum);
}

}  // namespace

constinit const KernelTable kReferenceKernels = {.name = "reference",
                                                 .packed_floats = packed_floats,
                                                 .pack = pack,
                                                 .gemm = gemm,
                                                 .layer_norm = layer_norm,
                                                 .softmax_rows = softmax_rows,
                                                 .activate = activate,
                                                 .pairwise_head = pairwise_head,
                                                 .pairwise_active = pairwise_active,
                                                 .adamw = adamw,
                                                 .half_to_float = half_to_float,
                                                 .accumulate_rows = accumulate_rows,
                                                 .dot = dot,
                                                 .bf16 = nullptr};

}  // namespace pointsman
