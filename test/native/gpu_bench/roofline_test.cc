// The roofline's formulas against sums done by hand.
#include "gpu/roofline.h"

#include "doctest/doctest.h"
#include "gpu/shapes.h"

namespace pointsman::bench {
namespace {

constexpr Sizes kMiniLm = kShapes[0].sizes;
constexpr Sizes kBase = kShapes[1].sizes;
constexpr Load kOne = {.sequences = 1, .length = 128};
constexpr Roof kH100 = {989e12, 3.35e12};

double attention_flop(const Sizes& sizes) {
  return pass_work(sizes, kOne, [](Kernel kernel) { return kernel == Kernel::kAttention; }).flop / 128;
}

double layer_bytes(const Sizes& sizes) {
  const auto is_in_a_layer = [](Kernel kernel) {
    return kernel != Kernel::kEmbedding && kernel != Kernel::kPooling;
  };
  return pass_work(sizes, kOne, is_in_a_layer).activation_bytes / 128;
}

TEST_CASE("FLOPs of a token are those of its products and its attention") {
  // A layer: 4 hidden^2 + 2 hidden * intermediate multiply-adds, and 2 * length * hidden of attention.
  CHECK(pass_work(kMiniLm, kOne, is_product).flop / 128 == 6 * 2 * (4.0 * 384 * 384 + 2.0 * 384 * 1536));
  CHECK(pass_work(kMiniLm, kOne, is_product).flop / 128 == doctest::Approx(21.2e6).epsilon(0.005));
  CHECK(attention_flop(kMiniLm) == 6 * 4.0 * 128 * 384);
  CHECK(attention_flop(kMiniLm) == doctest::Approx(1.18e6).epsilon(0.005));
  CHECK(pass_work(kBase, kOne, is_product).flop / 128 == doctest::Approx(169.9e6).epsilon(0.0005));
  CHECK(attention_flop(kBase) == doctest::Approx(4.72e6).epsilon(0.0005));
}

TEST_CASE("bytes of a token are 18 hidden and 2 intermediate numbers a layer") {
  CHECK(layer_bytes(kMiniLm) == 6 * 2 * (18.0 * 384 + 2 * 1536));
  CHECK(layer_bytes(kMiniLm) == 119'808);
  CHECK(layer_bytes(kBase) == 479'232);
}

TEST_CASE("a pass is 2 launches and 7 a layer") {
  CHECK(pass_launches(kMiniLm) == 44);
  CHECK(pass_launches(kBase) == 86);
}

TEST_CASE("FLOPs a byte of each kernel, without weights, do not depend on the number of layers") {
  const auto intensity = [](Kernel kernel) {
    const Work work = work_of(kernel, kMiniLm, kOne);
    return work.flop / work.activation_bytes;
  };
  CHECK(intensity(Kernel::kQkv) == 288);
  CHECK(intensity(Kernel::kUp) == doctest::Approx(307.2));
  CHECK(intensity(Kernel::kDown) == 256);
  CHECK(intensity(Kernel::kOutput) == 128);
  CHECK(intensity(Kernel::kAttention) == 64);
  for (const Kernel kernel : {Kernel::kEmbedding, Kernel::kLayerNorm, Kernel::kPooling}) {
    CHECK(intensity(kernel) < 5);
  }
}

TEST_CASE("weights are read once a launch, however many tokens there are") {
  const Load many = {.sequences = 100, .length = 128};
  for (const Kernel kernel : kKernels) {
    CHECK(work_of(kernel, kBase, many).weight_bytes == work_of(kernel, kBase, kOne).weight_bytes);
    CHECK(work_of(kernel, kBase, many).flop == doctest::Approx(100 * work_of(kernel, kBase, kOne).flop));
  }
  CHECK(work_of(Kernel::kUp, kBase, many).weight_bytes == 2.0 * 3072 * 768 + 4 * 3072);
}

TEST_CASE("a bound is the slower of arithmetic and memory") {
  const Work arithmetic = {.flop = 989e12, .activation_bytes = 1e12};
  const Work memory = {.flop = 1e12, .activation_bytes = 3e12, .weight_bytes = 0.35e12};
  CHECK(kH100.is_arithmetic(arithmetic));
  CHECK_FALSE(kH100.is_arithmetic(memory));
  CHECK(kH100.seconds(arithmetic) == doctest::Approx(1));
  CHECK(kH100.seconds(memory) == doctest::Approx(1));
  CHECK(kH100.seconds(arithmetic + 2 * memory) == doctest::Approx(7.7e12 / 3.35e12));
}

TEST_CASE("kernels that run one after the other take no less than the pass as a whole") {
  const Load load = {.sequences = 128, .length = 128};
  for (const Sizes& sizes : {kMiniLm, kBase}) {
    CHECK(kernel_by_kernel_seconds(sizes, load, kH100) >= kH100.seconds(pass_work(sizes, load)));
  }
}

}  // namespace
}  // namespace pointsman::bench
