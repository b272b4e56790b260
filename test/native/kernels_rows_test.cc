// Layer norm, softmax and column sums against the reference.
#include <array>
#include <cmath>

#include "kernels_support.h"

namespace pointsman {
namespace {

using test::GuardedBuffer;
using test::Random;

constexpr std::array<std::size_t, 13> kCols = {1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 65, 127, 384};
constexpr float kInfinity = std::numeric_limits<float>::infinity();

enum class Output { kSeparate, kOverX, kOverResidual };

struct NormCase {
  std::size_t rows;
  std::size_t cols;
  bool residual;
  Output output;
  float centre = 0.0F;
};

std::vector<float> normalise(const KernelTable& table, const NormCase& c) {
  Random random(static_cast<std::uint32_t>(c.rows * 1009 + c.cols));
  GuardedBuffer x(random.floats(c.rows * c.cols, c.centre - 2.0F, c.centre + 2.0F), 1);
  GuardedBuffer residual(random.floats(c.rows * c.cols), 2);
  const std::vector<float> gamma = random.floats(c.cols, 0.5F, 1.5F);
  const std::vector<float> beta = random.floats(c.cols);
  GuardedBuffer separate(std::vector<float>(c.rows * c.cols), 3);
  GuardedBuffer& out = c.output == Output::kSeparate ? separate : c.output == Output::kOverX ? x : residual;
  table.layer_norm({.x = x.data(),
                    .residual = c.residual ? residual.data() : nullptr,
                    .gamma = gamma.data(),
                    .beta = beta.data(),
                    .epsilon = 1e-12F,
                    .out = out.data(),
                    .rows = c.rows,
                    .cols = c.cols});
  CHECK(out.guards_intact());
  return {out.span().begin(), out.span().end()};
}

TEST_CASE("layer norm agrees with the reference with and without a residual, separate and in place") {
  for (const std::size_t cols : kCols) {
    for (const std::size_t rows : {0UL, 1UL, 3UL}) {
      for (const Output output : {Output::kSeparate, Output::kOverX, Output::kOverResidual}) {
        for (const bool residual : {false, true}) {
          if (output == Output::kOverResidual && !residual) continue;
          // One column has no variance: the reference divides zero by sqrt(epsilon), and so must the others.
          const NormCase c{.rows = rows, .cols = cols, .residual = residual, .output = output};
          const std::vector<float> expected = normalise(kernel_table("reference"), c);
          for (const KernelTable* table : available_kernel_tables()) {
            INFO(table->name << " rows=" << rows << " cols=" << cols);
            CHECK(test::max_error(normalise(*table, c), expected) <= (cols == 2 ? 1e-4 : 4e-6));
          }
        }
      }
    }
  }
}

TEST_CASE("layer norm keeps the variance of values far from zero") {
  const NormCase c{.rows = 2, .cols = 384, .residual = false, .output = Output::kSeparate, .centre = 1000.0F};
  const std::vector<float> expected = normalise(kernel_table("reference"), c);
  for (const KernelTable* table : available_kernel_tables()) {
    INFO(table->name);
    CHECK(test::max_error(normalise(*table, c), expected) <= 1e-3);  // x itself has steps of 6e-5
  }
}

struct SoftmaxCase {
  std::size_t rows;
  std::size_t cols;
  std::size_t padding;
  bool bias;
  std::ptrdiff_t bias_stride = 0;
};

std::vector<float> softmax(const KernelTable& table, const SoftmaxCase& c) {
  Random random(static_cast<std::uint32_t>(c.rows * 1009 + c.cols));
  const std::size_t stride = c.cols + c.padding;
  GuardedBuffer x(random.floats(c.rows * stride, -30.0F, 30.0F), 1);
  const std::size_t span = c.rows * static_cast<std::size_t>(std::abs(c.bias_stride)) + c.cols;
  const std::vector<float> bias = random.floats(span, -3.0F, 3.0F);
  const std::size_t first = c.bias_stride < 0 ? span - c.cols : 0;
  table.softmax_rows({.x = x.data(),
                      .stride = stride,
                      .rows = c.rows,
                      .cols = c.cols,
                      .scale = 0.25F,
                      .bias = c.bias ? bias.data() + first : nullptr,
                      .bias_stride = c.bias_stride});
  CHECK(x.guards_intact());
  return {x.span().begin(), x.span().end()};
}

TEST_CASE("softmax agrees with the reference at every width, stride and bias stride") {
  for (const std::size_t cols : kCols) {
    for (const std::size_t rows : {0UL, 1UL, 5UL}) {
      for (const std::ptrdiff_t bias_stride : {-1, 0, 7}) {
        for (const bool bias : {false, true}) {
          const SoftmaxCase c{
              .rows = rows, .cols = cols, .padding = 3, .bias = bias, .bias_stride = bias_stride};
          const std::vector<float> expected = softmax(kernel_table("reference"), c);
          for (const KernelTable* table : available_kernel_tables()) {
            INFO(table->name << " rows=" << rows << " cols=" << cols << " bias_stride=" << bias_stride);
            CHECK(test::max_error(softmax(*table, c), expected) <= 2e-6);
          }
        }
      }
    }
  }
}

TEST_CASE("softmax gives masked positions zero weight and large scores no overflow") {
  for (const KernelTable* table : available_kernel_tables()) {
    INFO(table->name);
    std::vector<float> x = {-kInfinity, 3e38F,      -kInfinity, -3e38F,    3e38F,
                            -kInfinity, -kInfinity, -kInfinity, -kInfinity};
    table->softmax_rows({.x = x.data(),
                         .stride = x.size(),
                         .rows = 1,
                         .cols = x.size(),
                         .scale = 1.0F,
                         .bias = nullptr,
                         .bias_stride = 0});
    CHECK(x == std::vector<float>{0.0F, 0.5F, 0.0F, 0.0F, 0.5F, 0.0F, 0.0F, 0.0F, 0.0F});
  }
}

TEST_CASE("softmax does not change when every score moves by the same amount") {
  for (const KernelTable* table : available_kernel_tables()) {
    for (const std::size_t cols : kCols) {
      INFO(table->name << " cols=" << cols);
      const auto softmax_of = [&](float score) {
        std::vector<float> row(cols, score);
        table->softmax_rows({.x = row.data(),
                             .stride = cols,
                             .rows = 1,
                             .cols = cols,
                             .scale = 1.0F,
                             .bias = nullptr,
                             .bias_stride = 0});
        return row;
      };
      CHECK(softmax_of(-500.0F) == softmax_of(0.0F));  // e^-500 and e^500 are not floats
      CHECK(softmax_of(500.0F) == softmax_of(0.0F));
    }
  }
}

TEST_CASE("a row of nothing but masked positions is NaN and leaves its neighbours alone") {
  for (const KernelTable* table : available_kernel_tables()) {
    INFO(table->name);
    std::vector<float> x(3 * 20, 1.0F);
    const std::vector<float> mask = [] {
      std::vector<float> values(3 * 20, 0.0F);
      std::fill(values.begin() + 20, values.begin() + 40, -kInfinity);
      return values;
    }();
    table->softmax_rows({.x = x.data(),
                         .stride = 20,
                         .rows = 3,
                         .cols = 20,
                         .scale = 1.0F,
                         .bias = mask.data(),
                         .bias_stride = 20});
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (i / 20 == 1) {
        CHECK(std::isnan(x[i]));
      } else {
        CHECK(x[i] == doctest::Approx(0.05));
      }
    }
  }
}

TEST_CASE("a row of layer norm or softmax has the same bits alone and among others") {
  for (const KernelTable* table : available_kernel_tables()) {
    INFO(table->name);
    const std::size_t cols = 131;
    Random random(5);
    const std::vector<float> input = random.floats(9 * cols);
    const std::vector<float> gamma = random.floats(cols);
    const auto process = [&](std::span<const float> rows) {
      std::vector<float> out(rows.begin(), rows.end());
      table->layer_norm({.x = out.data(),
                         .residual = nullptr,
                         .gamma = gamma.data(),
                         .beta = gamma.data(),
                         .epsilon = 1e-5F,
                         .out = out.data(),
                         .rows = out.size() / cols,
                         .cols = cols});
      table->softmax_rows({.x = out.data(),
                           .stride = cols,
                           .rows = out.size() / cols,
                           .cols = cols,
                           .scale = 2.0F,
                           .bias = nullptr,
                           .bias_stride = 0});
      return out;
    };
    const std::vector<float> together = process(input);
    for (std::size_t row = 0; row < 9; ++row) {
      const auto one = std::span(input).subspan(row * cols, cols);
      CHECK(test::same_bits(process(one), std::span(together).subspan(row * cols, cols)));
    }
  }
}

TEST_CASE("rows are added to what the output held") {
  for (const std::size_t cols : {1UL, 8UL, 15UL, 16UL, 33UL, 64UL, 71UL, 129UL}) {
    for (const std::size_t rows : {0UL, 1UL, 2UL, 37UL}) {
      Random random(static_cast<std::uint32_t>(cols));
      const std::vector<float> x = random.floats(rows * cols);
      const std::vector<float> initial = random.floats(cols);
      std::vector<float> expected = initial;
      kernel_table("reference").accumulate_rows(x.data(), rows, cols, expected.data());
      for (const KernelTable* table : available_kernel_tables()) {
        INFO(table->name << " rows=" << rows << " cols=" << cols);
        GuardedBuffer out(initial, 5);
        table->accumulate_rows(x.data(), rows, cols, out.data());
        CHECK(out.guards_intact());
        CHECK(test::max_error(out.span(), expected) <= 38 * test::kFloatEpsilon);
      }
    }
  }
}

}  // namespace
}  // namespace pointsman
