// bf16 kernels against double arithmetic on the same rounded operands, for every ISA that has them here.
#include <array>
#include <cmath>
#include <cstring>

#include "base/aligned_buffer.h"
#include "kernels/bf16_kernels.h"
#include "kernels_support.h"

namespace pointsman {
namespace {

using test::Random;

// Half a unit in the last place of bf16 (8 bits), and what float32 sums add to it.
constexpr double kRounding = 0x1p-8 * 1.01;

std::vector<const KernelTable*> tables_with_bf16() {
  std::vector<const KernelTable*> tables;
  for (const KernelTable* table : available_kernel_tables()) {
    if (table->bf16 != nullptr) tables.push_back(table);
  }
  if (tables.empty()) MESSAGE("skipped: no ISA of this CPU multiplies bf16");
  return tables;
}

float widen(Bf16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

Bf16 narrow(float value) {  // to nearest even; finite values only
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<Bf16>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

std::size_t whole_rows(std::size_t rows) {
  return (rows + 15) / 16 * 16;
}

std::size_t tile_index(std::size_t row, std::size_t column, std::size_t cols) {
  return (row / 16 * (cols / 32) + column / 32) * 512 + row % 16 * 32 + column % 32;
}

std::size_t panel_index(std::size_t row, std::size_t column, std::size_t rows) {
  return (column / 32 * rows + row) * 32 + column % 32;
}

// Numbers that bf16 holds exactly.
std::vector<float> bf16_floats(Random& random, std::size_t count) {
  std::vector<float> values = random.floats(count);
  for (float& value : values) value = widen(narrow(value));
  return values;
}

// Row tiles of [rows, cols]; NaN in the rows that fill up the last tile, which must reach no other row.
AlignedBuffer<Bf16> to_row_tiles(std::span<const float> values, std::size_t rows, std::size_t cols) {
  AlignedBuffer<Bf16> tiles(whole_rows(rows) * cols);
  std::fill_n(tiles.data(), tiles.size(), Bf16{0x7FC0});
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < cols; ++c)
      tiles.data()[tile_index(r, c, cols)] = narrow(values[r * cols + c]);
  }
  return tiles;
}

struct LinearCase {
  std::size_t m;
  std::size_t n;
  std::size_t k;
  Activation activation;
  Bf16Output layout;
};

double activated(Activation activation, double x) {
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kRelu:
      return std::max(x, 0.0);
    case Activation::kGelu:
      return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case Activation::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case Activation::kTanh:
      return std::tanh(x);
  }
  return x;
}

struct LinearInput {
  std::vector<float> a;
  std::vector<float> weight;
  AlignedBuffer<float> bias;
};

LinearInput make_input(const LinearCase& c) {
  Random random(static_cast<std::uint32_t>(c.m * 7919 + c.n * 31 + c.k));
  LinearInput input{bf16_floats(random, c.m * c.k), bf16_floats(random, c.n * c.k),
                    AlignedBuffer<float>(c.n)};
  const std::vector<float> bias = random.floats(c.n);
  std::copy(bias.begin(), bias.end(), input.bias.data());
  return input;
}

// [m, n] as float32, whatever the layout.
std::vector<float> run_linear(const Bf16Kernels& kernels, const LinearCase& c, const LinearInput& input) {
  AlignedBuffer<Bf16> packed(c.n * c.k);
  kernels.pack({.weight = input.weight.data(), .n = c.n, .k = c.k, .packed = packed.data()});
  const AlignedBuffer<Bf16> a = to_row_tiles(input.a, c.m, c.k);
  AlignedBuffer<std::byte> out(whole_rows(c.m) * c.n * sizeof(float));
  if (c.layout == Bf16Output::kAddToRows) {  // what the product is added to: the bias, as the others have it
    for (std::size_t i = 0; i < c.m * c.n; ++i) {
      std::memcpy(out.data() + i * sizeof(float), input.bias.data() + i % c.n, sizeof(float));
    }
  }
  kernels.linear({.a = a.data(),
                  .packed = packed.data(),
                  .bias = input.bias.data(),
                  .m = c.m,
                  .n = c.n,
                  .k = c.k,
                  .activation = c.activation,
                  .layout = c.layout,
                  .out = out.data(),
                  .panel_rows = whole_rows(c.m)});
  std::vector<float> result(c.m * c.n);
  for (std::size_t i = 0; i < c.m; ++i) {
    for (std::size_t j = 0; j < c.n; ++j) {
      const std::size_t row_major = i * c.n + j;
      float& value = result[row_major];
      if (c.layout == Bf16Output::kAddToRows) {
        std::memcpy(&value, out.data() + row_major * sizeof(float), sizeof(float));
        continue;
      }
      const std::size_t at =
          c.layout == Bf16Output::kTiles ? tile_index(i, j, c.n) : panel_index(i, j, whole_rows(c.m));
      Bf16 half;
      std::memcpy(&half, out.data() + at * sizeof(Bf16), sizeof(half));
      value = widen(half);
    }
  }
  return result;
}

void check_linear(const LinearCase& c) {
  const LinearInput input = make_input(c);
  for (const KernelTable* table : tables_with_bf16()) {
    INFO(table->name << " m=" << c.m << " n=" << c.n << " k=" << c.k);
    const std::vector<float> got = run_linear(*table->bf16, c, input);
    double worst = 0;
    for (std::size_t i = 0; i < c.m; ++i) {
      for (std::size_t j = 0; j < c.n; ++j) {
        double sum = static_cast<double>(input.bias.data()[j]);
        for (std::size_t p = 0; p < c.k; ++p) {
          sum += static_cast<double>(input.a[i * c.k + p]) * static_cast<double>(input.weight[j * c.k + p]);
        }
        const double expected = activated(c.activation, sum);
        const double rounding = c.layout == Bf16Output::kAddToRows ? 0 : kRounding * std::abs(expected);
        const double error = std::abs(static_cast<double>(got[i * c.n + j]) - expected) - rounding;
        worst = std::isnan(error) ? HUGE_VAL : std::max(worst, error);
      }
    }
    // 4e-5 of GELU and 1e-4 of float32 sums over k.
    CHECK(worst < 2e-4);
  }
}

TEST_CASE(
    "bf16 products agree with double arithmetic in every layout, with partial tiles and several blocks of "
    "k") {
  for (const std::size_t m : {1UL, 15UL, 16UL, 17UL, 33UL, 48UL, 70UL}) {
    for (const Bf16Output layout : {Bf16Output::kTiles, Bf16Output::kPanels, Bf16Output::kAddToRows}) {
      check_linear({.m = m, .n = 96, .k = 64, .activation = Activation::kNone, .layout = layout});
      check_linear({.m = m, .n = 64, .k = 832, .activation = Activation::kNone, .layout = layout});
    }
  }
}

TEST_CASE("bf16 products of more rows than a group and of shallow depth are whole") {
  for (const Bf16Output layout : {Bf16Output::kTiles, Bf16Output::kPanels, Bf16Output::kAddToRows}) {
    check_linear({.m = 300, .n = 64, .k = 32, .activation = Activation::kNone, .layout = layout});
    check_linear({.m = 530, .n = 32, .k = 416, .activation = Activation::kNone, .layout = layout});
  }
}

TEST_CASE("activations follow bf16 products") {
  for (const Activation activation :
       {Activation::kRelu, Activation::kGelu, Activation::kSigmoid, Activation::kTanh}) {
    check_linear({.m = 40, .n = 64, .k = 96, .activation = activation, .layout = Bf16Output::kTiles});
  }
}

TEST_CASE("a row of a bf16 product has the same bits alone and among others") {
  const LinearCase many{
      .m = 300, .n = 64, .k = 832, .activation = Activation::kGelu, .layout = Bf16Output::kTiles};
  const LinearInput input = make_input(many);
  for (const KernelTable* table : tables_with_bf16()) {
    INFO(table->name);
    const std::vector<float> together = run_linear(*table->bf16, many, input);
    for (const std::size_t row : {0UL, 17UL, 255UL, 256UL, 299UL}) {
      LinearCase single = many;
      single.m = 1;
      LinearInput alone{{input.a.begin() + static_cast<std::ptrdiff_t>(row * many.k),
                         input.a.begin() + static_cast<std::ptrdiff_t>((row + 1) * many.k)},
                        input.weight,
                        AlignedBuffer<float>(many.n)};
      std::copy_n(input.bias.data(), many.n, alone.bias.data());
      const std::vector<float> result = run_linear(*table->bf16, single, alone);
      CHECK(test::same_bits(result, std::span(together).subspan(row * many.n, many.n)));
    }
  }
}

struct AttentionCase {
  std::size_t length;
  std::size_t head_dim;
  bool bias;
  float spread = 1.0F;
};

constexpr std::size_t kHeads = 2;
constexpr std::size_t kFirst = 5;  // the sequence starts inside a tile

struct AttentionInput {
  std::vector<float> qkv;   // [kFirst + length, 3 * hidden]
  std::vector<float> bias;  // [heads][by query - key, with a margin]
  std::size_t bias_stride;
  std::size_t hidden;
};

AttentionInput make_input(const AttentionCase& c) {
  Random random(static_cast<std::uint32_t>(c.length * 31 + c.head_dim));
  AttentionInput input;
  input.hidden = kHeads * c.head_dim;
  input.qkv = bf16_floats(random, (kFirst + c.length) * 3 * input.hidden);
  for (float& value : input.qkv) value = widen(narrow(value * c.spread));
  input.bias_stride = 2 * (c.length + 16);
  input.bias = random.floats(kHeads * input.bias_stride);
  return input;
}

std::vector<double> plain_attention(const AttentionCase& c, const AttentionInput& input) {
  std::vector<double> context(c.length * input.hidden);
  const auto at = [&](std::size_t token, std::size_t column) {
    return static_cast<double>(input.qkv[(kFirst + token) * 3 * input.hidden + column]);
  };
  for (std::size_t head = 0; head < kHeads; ++head) {
    for (std::size_t query = 0; query < c.length; ++query) {
      std::vector<double> weights(c.length);
      double highest = -HUGE_VAL;
      for (std::size_t key = 0; key < c.length; ++key) {
        double score = 0;
        for (std::size_t d = 0; d < c.head_dim; ++d) {
          score += at(query, head * c.head_dim + d) * at(key, input.hidden + head * c.head_dim + d);
        }
        score /= std::sqrt(static_cast<double>(c.head_dim));
        if (c.bias)
          score += static_cast<double>(input.bias[head * input.bias_stride + c.length + 16 + query - key]);
        weights[key] = score;
        highest = std::max(highest, score);
      }
      double total = 0;
      for (double& weight : weights) total += weight = std::exp(weight - highest);
      for (std::size_t key = 0; key < c.length; ++key) {
        for (std::size_t d = 0; d < c.head_dim; ++d) {
          const std::size_t column = head * c.head_dim + d;
          context[query * input.hidden + column] += weights[key] / total * at(key, 2 * input.hidden + column);
        }
      }
    }
  }
  return context;
}

void check_attention(const AttentionCase& c) {
  const AttentionInput input = make_input(c);
  const std::vector<double> expected = plain_attention(c, input);
  const std::size_t tokens = kFirst + c.length;
  const std::size_t panel_rows = whole_rows(tokens) + 32;
  AlignedBuffer<Bf16> qkv(panel_rows * 3 * input.hidden);
  std::fill_n(qkv.data(), qkv.size(), Bf16{0x7FC0});  // NaN past the sequence
  for (std::size_t i = 0; i < input.qkv.size(); ++i) {
    const std::size_t width = 3 * input.hidden;
    qkv.data()[panel_index(i / width, i % width, panel_rows)] = narrow(input.qkv[i]);
  }
  for (const KernelTable* table : tables_with_bf16()) {
    INFO(table->name << " length=" << c.length << " head_dim=" << c.head_dim << " bias=" << c.bias);
    AlignedBuffer<Bf16> context(whole_rows(tokens) * input.hidden);
    std::fill_n(context.data(), context.size(), Bf16{0x1234});
    AlignedBuffer<std::byte> scratch(table->bf16->attention_scratch_bytes(c.length, c.head_dim));
    table->bf16->attention({.qkv = qkv.data(),
                            .panel_rows = panel_rows,
                            .context = context.data(),
                            .first = kFirst,
                            .length = c.length,
                            .hidden_size = input.hidden,
                            .num_heads = kHeads,
                            .bias = c.bias ? input.bias.data() + c.length + 16 : nullptr,
                            .bias_stride = input.bias_stride,
                            .scratch = scratch.data()});
    double worst = 0;
    for (std::size_t t = 0; t < c.length; ++t) {
      for (std::size_t column = 0; column < input.hidden; ++column) {
        const double got =
            static_cast<double>(widen(context.data()[tile_index(kFirst + t, column, input.hidden)]));
        const double want = expected[t * input.hidden + column];
        const double error = std::abs(got - want);
        worst = std::isnan(error) ? HUGE_VAL : std::max(worst, error);
      }
    }
    // Weights are rounded to 8 bits each, the context once more.
    CHECK(worst < 0.008 * static_cast<double>(c.spread));
    for (std::size_t t = 0; t < kFirst; ++t) {
      CHECK(context.data()[tile_index(t, 0, input.hidden)] == 0x1234);
    }
    for (std::size_t t = tokens; t < whole_rows(tokens); ++t) {
      CHECK(context.data()[tile_index(t, 0, input.hidden)] == 0x1234);
    }
  }
}

TEST_CASE("bf16 attention agrees with double arithmetic around tile sizes and stays inside its sequence") {
  for (const std::size_t length : {1UL, 2UL, 15UL, 16UL, 17UL, 31UL, 32UL, 33UL, 47UL, 64UL, 65UL, 100UL}) {
    for (const std::size_t head_dim : {32UL, 64UL}) {
      check_attention({.length = length, .head_dim = head_dim, .bias = false});
      check_attention({.length = length, .head_dim = head_dim, .bias = true});
    }
  }
}

TEST_CASE("bf16 attention survives scores hundreds of units apart") {
  check_attention({.length = 50, .head_dim = 32, .bias = false, .spread = 16.0F});
}

void check_layer_norm(bool one_row_for_all) {
  constexpr std::size_t kRows = 37;
  constexpr std::size_t kCols = 96;
  constexpr std::size_t kFirstRow = 3;
  Random random(11);
  std::vector<float> x = random.floats(kRows * kCols, -2.0F, 2.0F);
  if (one_row_for_all) {
    for (std::size_t i = kCols; i < x.size(); ++i) x[i] = x[i % kCols];
  }
  const std::vector<float> residual = random.floats(kRows * kCols);
  const std::vector<float> gamma = random.floats(kCols, 0.5F, 1.5F);
  const std::vector<float> beta = random.floats(kCols);
  std::vector<float> expected(kRows * kCols);
  kernel_table("reference")
      .layer_norm({.x = x.data(),
                   .residual = residual.data(),
                   .gamma = gamma.data(),
                   .beta = beta.data(),
                   .epsilon = 1e-12F,
                   .out = expected.data(),
                   .rows = kRows,
                   .cols = kCols});
  for (const KernelTable* table : tables_with_bf16()) {
    INFO(table->name);
    AlignedBuffer<float> hidden(kRows * kCols);
    std::copy(residual.begin(), residual.end(), hidden.data());
    AlignedBuffer<Bf16> tiles(whole_rows(kFirstRow + kRows) * kCols);
    table->bf16->layer_norm({.x = x.data(),
                             .x_row_stride = one_row_for_all ? 0 : kCols,
                             .gamma = gamma.data(),
                             .beta = beta.data(),
                             .epsilon = 1e-12F,
                             .hidden = hidden.data(),
                             .tiles = tiles.data(),
                             .first_row = kFirstRow,
                             .rows = kRows,
                             .cols = kCols});
    CHECK(test::max_error(hidden.span(), expected) <= 4e-6);
    bool rounded = true;
    for (std::size_t i = 0; i < kRows * kCols; ++i) {
      const Bf16 tile = tiles.data()[tile_index(kFirstRow + i / kCols, i % kCols, kCols)];
      rounded = rounded && tile == narrow(hidden.data()[i]);
    }
    CHECK(rounded);
  }
}

TEST_CASE("the bf16 layer norm agrees with the reference and leaves the same values rounded in tiles") {
  check_layer_norm(false);
  check_layer_norm(true);
}

}  // namespace
}  // namespace pointsman
