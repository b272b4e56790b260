// Errors of the activations and of the exponential over the ranges that kernels/simd/elementary.h states.
#include <cmath>

#include "kernels_support.h"

namespace pointsman {
namespace {

// Every 997th float (a prime stride over the bit patterns) of both signs up to `limit`, subnormals and zero
// included.
std::vector<float> floats_up_to(float limit) {
  std::vector<float> values;
  for (std::uint32_t bits = 0; bits <= std::bit_cast<std::uint32_t>(limit); bits += 997) {
    values.push_back(std::bit_cast<float>(bits));
    values.push_back(-std::bit_cast<float>(bits));
  }
  return values;
}

struct Errors {
  double absolute = 0.0;
  double relative = 0.0;  // where the exact value is a normal float
};

template <typename Exact>
Errors errors_of(const KernelTable& table, Activation activation, const std::vector<float>& inputs,
                 Exact exact) {
  std::vector<float> outputs = inputs;
  table.activate(activation, outputs.data(), outputs.size());
  Errors worst;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const double want = exact(static_cast<double>(inputs[i]));
    const double error = std::abs(static_cast<double>(outputs[i]) - want);
    worst.absolute =
        std::max(worst.absolute, std::isnan(error) ? std::numeric_limits<double>::infinity() : error);
    if (std::abs(want) >= static_cast<double>(std::numeric_limits<float>::min())) {
      worst.relative = std::max(worst.relative, error / std::abs(want));
    }
  }
  return worst;
}

TEST_CASE("GELU stays within 1e-6 of the exact form") {
  const std::vector<float> inputs = floats_up_to(16.0F);
  for (const KernelTable* table : available_kernel_tables()) {
    const Errors errors = errors_of(*table, Activation::kGelu, inputs,
                                    [](double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); });
    INFO(table->name << " absolute error " << errors.absolute);
    CHECK(errors.absolute <= 1e-6);
  }
}

TEST_CASE("GELU passes large values and stops large negative ones") {
  for (const KernelTable* table : available_kernel_tables()) {
    std::vector<float> x = {6.0F, 1e4F, 3e38F, -6.0F, -1e4F, -3e38F};
    table->activate(Activation::kGelu, x.data(), x.size());
    INFO(table->name);
    CHECK(x[0] == doctest::Approx(6.0F).epsilon(1e-7));
    CHECK(x[1] == 1e4F);
    CHECK(x[2] == 3e38F);
    CHECK(std::abs(x[3]) <= 1e-8F);
    CHECK(x[4] == 0.0F);
    CHECK(x[5] == 0.0F);
  }
}

TEST_CASE("sigmoid stays within 2e-7 and saturates without NaN") {
  const std::vector<float> inputs = floats_up_to(std::numeric_limits<float>::max());
  for (const KernelTable* table : available_kernel_tables()) {
    const Errors errors =
        errors_of(*table, Activation::kSigmoid, inputs, [](double x) { return 1.0 / (1.0 + std::exp(-x)); });
    INFO(table->name << " absolute error " << errors.absolute);
    CHECK(errors.absolute <= 2e-7);
  }
}

TEST_CASE("tanh stays within 2e-7, 4e-7 of its value, and saturates without NaN") {
  const std::vector<float> inputs = floats_up_to(std::numeric_limits<float>::max());
  for (const KernelTable* table : available_kernel_tables()) {
    const Errors errors = errors_of(*table, Activation::kTanh, inputs, [](double x) { return std::tanh(x); });
    INFO(table->name << " absolute error " << errors.absolute << ", relative " << errors.relative);
    CHECK(errors.absolute <= 2e-7);
    CHECK(errors.relative <= 4e-7);
  }
}

TEST_CASE("ReLU is exact and no activation hides a NaN") {
  for (const KernelTable* table : available_kernel_tables()) {
    INFO(table->name);
    std::vector<float> x = {-1.5F, 0.0F, 2.5F, -1e-40F, 1e-40F};
    table->activate(Activation::kRelu, x.data(), x.size());
    CHECK(x == std::vector<float>{0.0F, 0.0F, 2.5F, 0.0F, 1e-40F});
    for (const Activation activation :
         {Activation::kNone, Activation::kRelu, Activation::kGelu, Activation::kSigmoid, Activation::kTanh}) {
      std::vector<float> nan(19, std::numeric_limits<float>::quiet_NaN());
      table->activate(activation, nan.data(), nan.size());
      for (const float value : nan) CHECK(std::isnan(value));
    }
  }
}

TEST_CASE("activations touch only the elements they are given") {
  for (const KernelTable* table : available_kernel_tables()) {
    for (std::size_t count = 0; count <= 40; ++count) {
      const std::vector<float> ones(count, 1.0F);
      test::GuardedBuffer x(ones, 3);
      table->activate(Activation::kTanh, x.data(), count);
      CHECK(x.guards_intact());
      for (const float value : x.span()) CHECK(value == doctest::Approx(std::tanh(1.0)));
    }
  }
}

// softmax over (x, 0) with x <= 0 has the weights e^x / (1 + e^x) and 1 / (1 + e^x), so their ratio is e^x.
TEST_CASE("the exponential keeps a relative error of 2e-7 down to the smallest normal result") {
  for (const KernelTable* table : available_kernel_tables()) {
    double worst = 0.0;
    for (float x = 0.0F; x > -87.0F; x -= 0.0137F) {
      std::vector<float> row = {x, 0.0F};
      table->softmax_rows({.x = row.data(),
                           .stride = 2,
                           .rows = 1,
                           .cols = 2,
                           .scale = 1.0F,
                           .bias = nullptr,
                           .bias_stride = 0});
      const double ratio = static_cast<double>(row[0]) / static_cast<double>(row[1]);
      const double exact = std::exp(static_cast<double>(x));
      worst = std::max(worst, std::abs(ratio - exact) / exact);
    }
    INFO(table->name << " relative error " << worst);
    CHECK(worst <=
          2e-7 + 4 * test::kFloatEpsilon);  // the two weights are rounded, as is the reciprocal of their sum
  }
}

}  // namespace
}  // namespace pointsman
