// Dot product, pairwise head and its gradient, AdamW and half precision against the reference.
#include <cmath>

#include "kernels_support.h"

namespace pointsman {
namespace {

using test::GuardedBuffer;
using test::Random;

TEST_CASE("a dot product agrees with the reference at every length") {
  for (std::size_t count = 0; count < 150; ++count) {
    Random random(static_cast<std::uint32_t>(count));
    const std::vector<float> x = random.floats(count + 1);
    const std::vector<float> y = random.floats(count + 1);
    const float expected = kernel_table("reference").dot(x.data() + 1, y.data(), count);
    for (const KernelTable* table : available_kernel_tables()) {
      INFO(table->name << " count=" << count);
      const double error =
          std::abs(static_cast<double>(table->dot(x.data() + 1, y.data(), count)) - expected);
      CHECK(error <= test::kFloatEpsilon * static_cast<double>(count + 1));
    }
  }
}

std::vector<float> pairwise_scores(const KernelTable& table, std::size_t rows, std::size_t models,
                                   std::size_t hidden) {
  Random random(static_cast<std::uint32_t>(models * 1009 + hidden));
  const std::vector<float> u = random.floats(hidden);
  const std::vector<float> model = random.floats(models * hidden);
  const std::vector<float> bias = random.floats(models);
  const std::vector<float> prompt = random.floats(rows * hidden);
  GuardedBuffer out(std::vector<float>(rows * models), 3);
  table.pairwise_head({.prompt = prompt.data(),
                       .model = model.data(),
                       .u = u.data(),
                       .bias = bias.data(),
                       .out = out.data(),
                       .rows = rows,
                       .models = models,
                       .hidden = hidden});
  CHECK(out.guards_intact());
  return {out.span().begin(), out.span().end()};
}

TEST_CASE("the pairwise head agrees with the reference at every number of models and units") {
  for (const std::size_t models : {0UL, 1UL, 3UL, 4UL, 5UL, 11UL}) {
    for (const std::size_t hidden : {0UL, 1UL, 7UL, 8UL, 16UL, 17UL, 100UL, 384UL}) {
      for (const std::size_t rows : {0UL, 1UL, 3UL}) {
        const std::vector<float> expected = pairwise_scores(kernel_table("reference"), rows, models, hidden);
        for (const KernelTable* table : available_kernel_tables()) {
          INFO(table->name << " models=" << models << " hidden=" << hidden);
          const double bound = test::kFloatEpsilon * static_cast<double>(2 * hidden + 2);
          CHECK(test::max_error(pairwise_scores(*table, rows, models, hidden), expected) <= bound);
        }
      }
    }
  }
}

TEST_CASE("a pairwise score has the same bits whichever models are scored with it") {
  const std::size_t hidden = 77;
  Random random(3);
  const std::vector<float> prompt = random.floats(hidden);
  const std::vector<float> u = random.floats(hidden);
  const std::vector<float> model = random.floats(7 * hidden);
  const std::vector<float> bias = random.floats(7);
  for (const KernelTable* table : available_kernel_tables()) {
    INFO(table->name);
    const auto score = [&](std::size_t first, std::size_t models) {
      std::vector<float> out(models);
      table->pairwise_head({.prompt = prompt.data(),
                            .model = model.data() + first * hidden,
                            .u = u.data(),
                            .bias = bias.data() + first,
                            .out = out.data(),
                            .rows = 1,
                            .models = models,
                            .hidden = hidden});
      return out;
    };
    const std::vector<float> together = score(0, 7);
    for (std::size_t c = 0; c < 7; ++c)
      CHECK(test::same_bits(score(c, 1), std::span(together).subspan(c, 1)));
  }
}

struct ActiveSums {
  std::vector<float> by_prompt;
  std::vector<float> by_model;
};

ActiveSums active_sums(const KernelTable& table, std::size_t rows, std::size_t models, std::size_t hidden) {
  Random random(static_cast<std::uint32_t>(models * 1009 + hidden));
  const std::vector<float> model = random.floats(models * hidden);
  const std::vector<float> prompt = random.floats(rows * hidden);
  const std::vector<float> gradient = random.floats(rows * models);
  // What was there before does not count.
  GuardedBuffer by_prompt(random.floats(rows * hidden), 3);
  GuardedBuffer by_model(random.floats(models * hidden), 5);
  table.pairwise_active({.prompt = prompt.data(),
                         .model = model.data(),
                         .gradient = gradient.data(),
                         .by_prompt = by_prompt.data(),
                         .by_model = by_model.data(),
                         .rows = rows,
                         .models = models,
                         .hidden = hidden});
  CHECK(by_prompt.guards_intact());
  CHECK(by_model.guards_intact());
  return {{by_prompt.span().begin(), by_prompt.span().end()},
          {by_model.span().begin(), by_model.span().end()}};
}

TEST_CASE("the sums over active units agree with the reference at every number of rows, models and units") {
  for (const std::size_t models : {0UL, 1UL, 3UL, 11UL}) {
    for (const std::size_t hidden : {0UL, 1UL, 7UL, 8UL, 16UL, 17UL, 100UL}) {
      for (const std::size_t rows : {0UL, 1UL, 3UL, 4UL, 9UL}) {
        const ActiveSums expected = active_sums(kernel_table("reference"), rows, models, hidden);
        for (const KernelTable* table : available_kernel_tables()) {
          INFO(table->name << " rows=" << rows << " models=" << models << " hidden=" << hidden);
          const ActiveSums sums = active_sums(*table, rows, models, hidden);
          CHECK(test::max_error(sums.by_prompt, expected.by_prompt) <=
                test::kFloatEpsilon * static_cast<double>(models + 1));
          CHECK(test::max_error(sums.by_model, expected.by_model) <=
                test::kFloatEpsilon * static_cast<double>(rows + 1));
        }
      }
    }
  }
}

struct Optimised {
  std::vector<float> param;
  std::vector<float> first_moment;
  std::vector<float> second_moment;
};

Optimised optimise(const KernelTable& table, std::size_t count, std::uint64_t steps) {
  Random random(static_cast<std::uint32_t>(count));
  GuardedBuffer param(random.floats(count), 1);
  GuardedBuffer first(std::vector<float>(count), 2);
  GuardedBuffer second(std::vector<float>(count), 3);
  for (std::uint64_t step = 1; step <= steps; ++step) {
    const std::vector<float> grad = random.floats(count);
    table.adamw({.param = param.data(),
                 .grad = grad.data(),
                 .first_moment = first.data(),
                 .second_moment = second.data(),
                 .count = count,
                 .learning_rate = 1e-3F,
                 .beta1 = 0.9F,
                 .beta2 = 0.999F,
                 .epsilon = 1e-8F,
                 .weight_decay = 0.01F,
                 .step = step});
  }
  CHECK((param.guards_intact() && first.guards_intact() && second.guards_intact()));
  const auto copy = [](GuardedBuffer& buffer) {
    return std::vector<float>(buffer.span().begin(), buffer.span().end());
  };
  return {copy(param), copy(first), copy(second)};
}

TEST_CASE("AdamW follows the reference over many steps") {
  for (const std::size_t count : {0UL, 1UL, 7UL, 8UL, 16UL, 33UL, 100UL}) {
    const Optimised expected = optimise(kernel_table("reference"), count, 25);
    for (const KernelTable* table : available_kernel_tables()) {
      INFO(table->name << " count=" << count);
      const Optimised actual = optimise(*table, count, 25);
      CHECK(test::max_error(actual.param, expected.param) <= 3e-6);
      CHECK(test::max_error(actual.first_moment, expected.first_moment) <= 1e-6);
      CHECK(test::max_error(actual.second_moment, expected.second_moment) <= 1e-7);
    }
  }
}

TEST_CASE("AdamW's first step moves by the learning rate against the gradient's sign") {
  for (const KernelTable* table : available_kernel_tables()) {
    INFO(table->name);
    std::vector<float> param = {1.0F, 1.0F};
    const std::vector<float> grad = {1e-3F, -50.0F};
    std::vector<float> first(2);
    std::vector<float> second(2);
    table->adamw({.param = param.data(),
                  .grad = grad.data(),
                  .first_moment = first.data(),
                  .second_moment = second.data(),
                  .count = 2,
                  .learning_rate = 0.1F,
                  .beta1 = 0.9F,
                  .beta2 = 0.999F,
                  .epsilon = 1e-8F,
                  .weight_decay = 0.0F,
                  .step = 1});
    CHECK(param[0] == doctest::Approx(0.9).epsilon(1e-4));
    CHECK(param[1] == doctest::Approx(1.1).epsilon(1e-4));
  }
}

// IEEE 754-2019 section 3.4, written down a second time.
double half_by_definition(std::uint16_t half) {
  const int exponent = (half >> 10) & 0x1F;
  const double fraction = half & 0x3FF;
  const double magnitude =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1.0 + fraction / 1024.0, exponent - 15);
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

TEST_CASE("all 65536 half-precision numbers convert to the same bits") {
  std::vector<std::uint16_t> halves(65536);
  for (std::size_t i = 0; i < halves.size(); ++i) halves[i] = static_cast<std::uint16_t>(i);
  std::vector<float> expected(halves.size());
  kernel_table("reference").half_to_float(halves.data(), expected.data(), halves.size());
  for (std::size_t i = 0; i < halves.size(); ++i) {
    const bool special = (i & 0x7C00) == 0x7C00;
    const bool infinite = special && (i & 0x3FF) == 0;
    if (infinite) REQUIRE(std::isinf(expected[i]));
    if (special && !infinite) REQUIRE(std::isnan(expected[i]));
    if (!special) REQUIRE(static_cast<double>(expected[i]) == half_by_definition(halves[i]));
    REQUIRE(std::signbit(expected[i]) == (i >= 0x8000));
  }
  for (const KernelTable* table : available_kernel_tables()) {
    INFO(table->name);
    std::vector<float> actual(halves.size());
    table->half_to_float(halves.data(), actual.data(), halves.size());
    CHECK(test::same_bits(actual, expected));
  }
}

TEST_CASE("half-precision conversion reads and writes only what it is given") {
  for (const KernelTable* table : available_kernel_tables()) {
    for (std::size_t count = 0; count <= 40; ++count) {
      const std::vector<std::uint16_t> halves(
          count, 0x3C00);  // exactly `count`: an overrun is the sanitizer's to catch
      GuardedBuffer out(std::vector<float>(count), 7);
      table->half_to_float(halves.data(), out.data(), count);
      CHECK(out.guards_intact());
      for (const float value : out.span()) CHECK(value == 1.0F);
    }
  }
}

}  // namespace
}  // namespace pointsman
