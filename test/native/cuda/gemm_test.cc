// The tensor-core product and its epilogues against the reference kernels.
#include "cuda/support.h"

namespace pointsman::test {
namespace {

using cuda::Bf16;
using cuda::Epilogue;
using cuda::F16;
using cuda::GemmTile;

struct Shape {
  std::size_t rows;
  std::size_t n;
  std::size_t k;
  std::size_t capacity;  // rows of the launch
};

// Sums of up to 160 products of numbers below 1, in any order.
constexpr double kTolerance = 2e-5;

std::vector<float> reference_gemm(const Shape& shape, std::span<const float> a, std::span<const float> weight,
                                  std::span<const float> bias, Activation activation) {
  const KernelTable& reference = kernel_table("reference");
  std::vector<float> packed(reference.packed_floats(shape.n, shape.k));
  reference.pack({.b = weight.data(),
                  .row_stride = 1,
                  .col_stride = shape.k,
                  .n = shape.n,
                  .k = shape.k,
                  .packed = packed.data()});
  std::vector<float> c(shape.rows * shape.n);
  reference.gemm({.a = a.data(),
                  .a_row_stride = shape.k,
                  .a_col_stride = 1,
                  .packed_b = packed.data(),
                  .c = c.data(),
                  .ldc = shape.n,
                  .m = shape.rows,
                  .n = shape.n,
                  .k = shape.k,
                  .bias = bias.data(),
                  .activation = activation});
  return c;
}

Activation activation_of(Epilogue epilogue) {
  if (epilogue == Epilogue::kBiasGelu) return Activation::kGelu;
  return epilogue == Epilogue::kBiasRelu ? Activation::kRelu : Activation::kNone;
}

template <typename T>
void check_gemm(const Shape& shape, Epilogue epilogue, GemmTile tile) {
  CAPTURE(shape.rows);
  CAPTURE(shape.n);
  CAPTURE(shape.k);
  CAPTURE(static_cast<int>(epilogue));
  CAPTURE(static_cast<int>(tile));
  Random random(static_cast<std::uint32_t>(shape.rows + 100 * shape.n + 10000 * shape.k));
  const std::vector<float> a = random_stored<T>(random, shape.rows * shape.k);
  const std::vector<float> weight = random_stored<T>(random, shape.n * shape.k, 0.25F);
  const std::vector<float> bias = random.floats(shape.n);
  const std::vector<float> residual = random_stored<T>(random, shape.rows * shape.n);
  std::vector<float> expected = reference_gemm(shape, a, weight, bias, activation_of(epilogue));
  if (epilogue == Epilogue::kBiasResidual) {
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += residual[i];
  }

  const TestStream stream;
  const DeviceArray<cuda::BatchHeader> batch(std::vector{batch_of(shape.rows)}, stream);
  const DeviceArray<T> device_a(narrowed<T>(a), stream);
  const DeviceArray<T> device_weight(narrowed<T>(weight), stream);
  const DeviceArray<float> device_bias(bias, stream);
  const DeviceArray<T> device_residual(narrowed<T>(residual), stream);
  const DeviceArray<T> out(shape.capacity * shape.n, stream);
  cuda::launch_gemm<T>({.batch = batch.data(),
                        .a = device_a.data(),
                        .weight = device_weight.data(),
                        .bias = device_bias.data(),
                        .residual = device_residual.data(),
                        .out = out.data(),
                        .n = static_cast<std::int32_t>(shape.n),
                        .k = static_cast<std::int32_t>(shape.k)},
                       epilogue, tile, shape.capacity, stream.get());
  const std::vector<T> got = out.download();
  CHECK(error_beyond_rounding<T>(got, expected) < kTolerance);
  CHECK(untouched_from<T>(got, shape.rows * shape.n));
}

TEST_CASE_TEMPLATE("a product of any size is the reference's", T, Bf16, F16) {
  for_each_execution([] {
    for (const GemmTile tile : {GemmTile::kSmall, GemmTile::kLarge}) {
      check_gemm<T>({.rows = 1, .n = 32, .k = 32, .capacity = 1}, Epilogue::kBias, tile);
      check_gemm<T>({.rows = 65, .n = 96, .k = 160, .capacity = 130}, Epilogue::kBias, tile);
      check_gemm<T>({.rows = 130, .n = 160, .k = 64, .capacity = 130}, Epilogue::kBias, tile);
    }
  });
}

TEST_CASE_TEMPLATE("epilogues are the reference's activations, and the residual added", T, Bf16, F16) {
  for_each_execution([] {
    for (const Epilogue epilogue : {Epilogue::kBiasGelu, Epilogue::kBiasRelu, Epilogue::kBiasResidual}) {
      check_gemm<T>({.rows = 19, .n = 96, .k = 96, .capacity = 64}, epilogue, GemmTile::kSmall);
      check_gemm<T>({.rows = 19, .n = 96, .k = 96, .capacity = 64}, epilogue, GemmTile::kLarge);
    }
  });
}

}  // namespace
}  // namespace pointsman::test
