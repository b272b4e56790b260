// Every table's GEMM against the float64 reference, and a row's independence of its neighbours.
#include <array>
#include <cmath>

#include "base/aligned_buffer.h"
#include "kernels_support.h"

namespace pointsman {
namespace {

using test::GuardedBuffer;
using test::Random;

enum class Layout { kRowMajor, kColumnMajor, kNeither };

struct Case {
  std::size_t m = 0;
  std::size_t n = 0;
  std::size_t k = 0;
  Layout a = Layout::kRowMajor;
  Layout b = Layout::kColumnMajor;  // how Hugging Face stores a weight
  std::size_t padding = 0;          // added to every leading dimension
  std::size_t offset = 0;           // floats past a 64-byte boundary
  float alpha = 1.0F;
  bool bias = false;
  bool accumulate = false;
  Activation activation = Activation::kNone;
};

// Strides of a [rows, cols] matrix, and the floats it spans.
struct Strides {
  std::size_t row;
  std::size_t col;
  std::size_t floats;
};

Strides strides_of(Layout layout, std::size_t rows, std::size_t cols, std::size_t padding) {
  switch (layout) {
    case Layout::kRowMajor:
      return {cols + padding, 1, rows * (cols + padding)};
    case Layout::kColumnMajor:
      return {1, rows + padding, cols * (rows + padding)};
    case Layout::kNeither:
      return {2 * cols + padding, 2, rows * (2 * cols + padding)};
  }
  return {};
}

struct Operands {
  explicit Operands(const Case& c)
      : a_strides(strides_of(c.a, c.m, c.k, c.padding)), b_strides(strides_of(c.b, c.k, c.n, c.padding)) {
    Random random(static_cast<std::uint32_t>(c.m * 10007 + c.n * 101 + c.k));
    a = random.floats(a_strides.floats);
    b = random.floats(b_strides.floats);
    bias = random.floats(c.n);
    initial = random.floats(c.m * (c.n + c.padding));
  }

  double a_at(std::size_t i, std::size_t p) const { return a[i * a_strides.row + p * a_strides.col]; }
  double b_at(std::size_t p, std::size_t j) const { return b[p * b_strides.row + j * b_strides.col]; }

  Strides a_strides;
  Strides b_strides;
  std::vector<float> a;
  std::vector<float> b;
  std::vector<float> bias;
  std::vector<float> initial;
};

AlignedBuffer<float> packed(const KernelTable& table, const Case& c, const Operands& operands) {
  AlignedBuffer<float> buffer(table.packed_floats(c.n, c.k));
  GuardedBuffer b(operands.b, c.offset);
  table.pack({.b = b.data(),
              .row_stride = operands.b_strides.row,
              .col_stride = operands.b_strides.col,
              .n = c.n,
              .k = c.k,
              .packed = buffer.data()});
  return buffer;
}

// Rows [first, first + rows) of the case's product.
std::vector<float> multiply(const KernelTable& table, const Case& c, const Operands& operands,
                            std::size_t first, std::size_t rows) {
  const AlignedBuffer<float> packed_b = packed(table, c, operands);
  GuardedBuffer a(operands.a, c.offset);
  const std::size_t ldc = c.n + c.padding;
  GuardedBuffer out(std::span(operands.initial).subspan(first * ldc, rows * ldc), c.offset);
  table.gemm({.a = a.data() + first * operands.a_strides.row,
              .a_row_stride = operands.a_strides.row,
              .a_col_stride = operands.a_strides.col,
              .packed_b = packed_b.data(),
              .c = out.data(),
              .ldc = ldc,
              .m = rows,
              .n = c.n,
              .k = c.k,
              .alpha = c.alpha,
              .bias = c.bias ? operands.bias.data() : nullptr,
              .activation = c.activation,
              .accumulate = c.accumulate});
  CHECK(out.guards_intact());
  return {out.span().begin(), out.span().end()};
}

// The rounding of k multiply-adds and of the epilogue, and what the activation adds; activations grow no
// error by more than 1.13 (GELU's steepest slope).
double tolerance(const Case& c, const Operands& operands, std::size_t i, std::size_t j) {
  double magnitude = c.bias ? std::abs(operands.bias[j]) : 0.0;
  if (c.accumulate) magnitude += std::abs(operands.initial[i * (c.n + c.padding) + j]);
  for (std::size_t p = 0; p < c.k; ++p) {
    magnitude += std::abs(static_cast<double>(c.alpha) * operands.a_at(i, p) * operands.b_at(p, j));
  }
  const double activation_error = c.activation == Activation::kNone ? 0.0 : 1e-6;
  return 1.13 * test::kFloatEpsilon * static_cast<double>(c.k + 3) * magnitude + activation_error + 1e-30;
}

void check_against_reference(const Case& c) {
  const Operands operands(c);
  const std::vector<float> expected = multiply(kernel_table("reference"), c, operands, 0, c.m);
  const std::size_t ldc = c.n + c.padding;
  for (const KernelTable* table : available_kernel_tables()) {
    INFO(table->name << " m=" << c.m << " n=" << c.n << " k=" << c.k);
    const std::vector<float> actual = multiply(*table, c, operands, 0, c.m);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < c.m; ++i) {
      for (std::size_t j = 0; j < ldc; ++j) {
        const double error = std::abs(static_cast<double>(actual[i * ldc + j]) - expected[i * ldc + j]);
        const double allowed =
            j < c.n ? tolerance(c, operands, i, j) : 0.0;  // the padding of C stays as it was
        wrong += error <= allowed ? 0 : 1;
      }
    }
    CHECK(wrong == 0);
  }
}

// Around every multiple that a table's tiles (6, 8), panels (16, 48), vectors (8, 16), groups (128) and
// blocks of k (128, 256) have.
constexpr std::array<std::size_t, 15> kRowCounts = {0, 1, 2, 5, 6, 7, 8, 9, 13, 16, 17, 127, 128, 131, 257};
constexpr std::array<std::size_t, 15> kColumnCounts = {0,  1,  7,  8,  9,  15, 16, 17,
                                                       31, 33, 47, 48, 49, 97, 101};
constexpr std::array<std::size_t, 11> kDepths = {0, 1, 2, 3, 17, 127, 128, 129, 256, 257, 389};

TEST_CASE("a product agrees with the reference at every number of rows and columns") {
  for (const std::size_t m : kRowCounts) {
    for (const std::size_t n : kColumnCounts)
      check_against_reference({.m = m, .n = n, .k = 19, .bias = true});
  }
}

TEST_CASE("a product agrees with the reference at every depth") {
  for (const std::size_t k : kDepths) {
    for (const std::size_t n : {1UL, 16UL, 53UL}) {
      for (const std::size_t m : {1UL, 11UL, 16UL}) check_against_reference({.m = m, .n = n, .k = k});
    }
  }
}

TEST_CASE("operands may be stored by rows, by columns or strided, padded and unaligned") {
  for (const Layout a : {Layout::kRowMajor, Layout::kColumnMajor, Layout::kNeither}) {
    for (const Layout b : {Layout::kRowMajor, Layout::kColumnMajor, Layout::kNeither}) {
      for (const std::size_t offset : {0UL, 1UL, 7UL}) {
        check_against_reference({.m = 21, .n = 67, .k = 139, .a = a, .b = b, .padding = 5, .offset = offset});
      }
    }
  }
}

TEST_CASE("alpha, bias, accumulation and activation combine") {
  for (const Activation activation :
       {Activation::kNone, Activation::kRelu, Activation::kGelu, Activation::kSigmoid, Activation::kTanh}) {
    for (const bool bias : {false, true}) {
      for (const bool accumulate : {false, true}) {
        for (const float alpha : {1.0F, -0.37F, 0.0F}) {
          check_against_reference({.m = 17,
                                   .n = 59,
                                   .k = 300,
                                   .padding = 3,
                                   .alpha = alpha,
                                   .bias = bias,
                                   .accumulate = accumulate,
                                   .activation = activation});
        }
      }
    }
  }
}

TEST_CASE("a row's bits do not depend on the rows computed with it") {
  for (const KernelTable* table : available_kernel_tables()) {
    for (const Layout layout : {Layout::kRowMajor, Layout::kColumnMajor}) {
      const Case c{.m = 149, .n = 83, .k = 391, .a = layout, .bias = true, .activation = Activation::kGelu};
      const Operands operands(c);
      const std::vector<float> together = multiply(*table, c, operands, 0, c.m);
      for (const std::size_t rows : {1UL, 2UL, 3UL, 7UL, 8UL, 10UL, 16UL, 23UL, 130UL}) {
        INFO(table->name << " in calls of " << rows << " rows");
        std::size_t different = 0;
        for (std::size_t first = 0; first + rows <= c.m; first += rows) {
          const std::vector<float> part = multiply(*table, c, operands, first, rows);
          different += test::same_bits(part, std::span(together).subspan(first * c.n, rows * c.n)) ? 0 : 1;
        }
        CHECK(different == 0);
      }
    }
  }
}

TEST_CASE("values near the ends of the float range neither overflow early nor vanish") {
  for (const KernelTable* table : available_kernel_tables()) {
    INFO(table->name);
    for (const float scale : {1e-38F, 1e-42F, 1e18F, 1e37F}) {  // 1e-42 is subnormal
      const std::vector<float> a(3 * 5, scale);
      const std::vector<float> b(5 * 2, 2.0F);
      AlignedBuffer<float> packed_b(table->packed_floats(2, 5));
      table->pack(
          {.b = b.data(), .row_stride = 2, .col_stride = 1, .n = 2, .k = 5, .packed = packed_b.data()});
      std::vector<float> c(3 * 2);
      table->gemm({.a = a.data(),
                   .a_row_stride = 5,
                   .a_col_stride = 1,
                   .packed_b = packed_b.data(),
                   .c = c.data(),
                   .ldc = 2,
                   .m = 3,
                   .n = 2,
                   .k = 5});
      for (const float value : c)
        CHECK(value == doctest::Approx(10.0 * static_cast<double>(scale)).epsilon(1e-6));
    }
  }
}

}  // namespace
}  // namespace pointsman
