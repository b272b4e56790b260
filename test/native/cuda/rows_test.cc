// Embedding, layer norm and pooling against the reference kernels.
#include "cuda/support.h"

namespace pointsman::test {
namespace {

using cuda::Bf16;
using cuda::F16;

constexpr float kEpsilon = 1e-5F;
constexpr std::size_t kCapacity = 11;  // rows of a launch; the batch has fewer
// Sums of 1,024 float32 and a reciprocal square root of 2 ulp.
constexpr double kTolerance = 4e-6;

struct Norm {
  std::vector<float> gamma;
  std::vector<float> beta;
};

Norm random_norm(Random& random, std::size_t width) {
  return {random.floats(width, 0.5F, 2.0F), random.floats(width)};
}

std::vector<float> reference_norm(std::vector<float> x, const Norm& norm) {
  const std::size_t width = norm.gamma.size();
  kernel_table("reference")
      .layer_norm({.x = x.data(),
                   .residual = nullptr,
                   .gamma = norm.gamma.data(),
                   .beta = norm.beta.data(),
                   .epsilon = kEpsilon,
                   .out = x.data(),
                   .rows = x.size() / width,
                   .cols = width});
  return x;
}

template <typename T>
void check_layer_norm(std::size_t rows, std::size_t width) {
  CAPTURE(rows);
  CAPTURE(width);
  Random random(static_cast<std::uint32_t>(rows * 1000 + width));
  const std::vector<float> x = random_stored<T>(random, rows * width, 3.0F);
  const Norm norm = random_norm(random, width);
  const TestStream stream;
  const DeviceArray<cuda::BatchHeader> batch(std::vector{batch_of(rows)}, stream);
  const DeviceArray<T> input(narrowed<T>(x), stream);
  const DeviceArray<float> gamma(norm.gamma, stream);
  const DeviceArray<float> beta(norm.beta, stream);
  const DeviceArray<T> output(kCapacity * width, stream);
  cuda::launch_layer_norm<T>({.batch = batch.data(),
                              .x = input.data(),
                              .gamma = gamma.data(),
                              .beta = beta.data(),
                              .out = output.data(),
                              .epsilon = kEpsilon,
                              .width = static_cast<std::int32_t>(width)},
                             kCapacity, stream.get());
  const std::vector<T> got = output.download();
  CHECK(error_beyond_rounding<T>(got, reference_norm(x, norm)) < kTolerance);
  CHECK(untouched_from<T>(got, rows * width));
}

template <typename T>
void check_embedding(std::size_t tokens, std::size_t width) {
  CAPTURE(tokens);
  CAPTURE(width);
  constexpr std::size_t kVocabulary = 17;
  constexpr std::size_t kPositions = 13;
  Random random(static_cast<std::uint32_t>(tokens * 1000 + width));
  const std::vector<float> words = random_stored<T>(random, kVocabulary * width);
  const std::vector<float> positions = random.floats(kPositions * width);
  const Norm norm = random_norm(random, width);
  std::vector<std::int32_t> ids(tokens);
  std::vector<std::int32_t> position_of(tokens);
  std::vector<float> sums(tokens * width);
  for (std::size_t t = 0; t < tokens; ++t) {
    ids[t] = static_cast<std::int32_t>((t * 7 + 16) % kVocabulary);  // the last row first
    position_of[t] = static_cast<std::int32_t>((t + 12) % kPositions);
    for (std::size_t c = 0; c < width; ++c)
      sums[t * width + c] = words[ids[t] * width + c] + positions[position_of[t] * width + c];
  }
  const TestStream stream;
  const DeviceArray<cuda::BatchHeader> batch(std::vector{batch_of(tokens)}, stream);
  const DeviceArray<std::int32_t> device_ids(ids, stream);
  const DeviceArray<std::int32_t> device_position_of(position_of, stream);
  const DeviceArray<T> device_words(narrowed<T>(words), stream);
  const DeviceArray<float> device_positions(positions, stream);
  const DeviceArray<float> gamma(norm.gamma, stream);
  const DeviceArray<float> beta(norm.beta, stream);
  const DeviceArray<T> hidden(kCapacity * width, stream);
  cuda::launch_embedding<T>({.batch = batch.data(),
                             .ids = device_ids.data(),
                             .position_of = device_position_of.data(),
                             .words = device_words.data(),
                             .positions = device_positions.data(),
                             .gamma = gamma.data(),
                             .beta = beta.data(),
                             .hidden = hidden.data(),
                             .epsilon = kEpsilon,
                             .width = static_cast<std::int32_t>(width)},
                            kCapacity, stream.get());
  const std::vector<T> got = hidden.download();
  CHECK(error_beyond_rounding<T>(got, reference_norm(sums, norm)) < kTolerance);
  CHECK(untouched_from<T>(got, tokens * width));
}

std::vector<float> reference_pool(std::span<const float> hidden, std::span<const std::int32_t> offsets,
                                  std::size_t width, cuda::PoolKind kind, bool normalize) {
  std::vector<float> out;
  for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
    const std::size_t rows =
        kind == cuda::PoolKind::kCls ? 1 : static_cast<std::size_t>(offsets[i + 1] - offsets[i]);
    std::vector<float> row(width, 0.0F);
    kernel_table("reference").accumulate_rows(hidden.data() + offsets[i] * width, rows, width, row.data());
    double squares = 0;
    for (float& value : row) {
      value /= static_cast<float>(rows);
      squares += static_cast<double>(value) * value;
    }
    const double scale = normalize ? 1.0 / std::max(std::sqrt(squares), 1e-12) : 1.0;
    for (const float value : row) out.push_back(static_cast<float>(value * scale));
  }
  return out;
}

template <typename T>
void check_pool(std::size_t width, cuda::PoolKind kind, bool normalize) {
  CAPTURE(width);
  CAPTURE(static_cast<int>(kind));
  CAPTURE(normalize);
  const std::vector<std::int32_t> offsets = {0, 1, 6, 8};
  constexpr std::size_t kSequences = 3;
  Random random(static_cast<std::uint32_t>(width));
  const std::vector<float> hidden = random_stored<T>(random, 8 * width);
  const TestStream stream;
  const DeviceArray<cuda::BatchHeader> batch(std::vector{batch_of(8, kSequences)}, stream);
  const DeviceArray<std::int32_t> device_offsets(offsets, stream);
  const DeviceArray<T> device_hidden(narrowed<T>(hidden), stream);
  const DeviceArray<float> out((kSequences + 1) * width, stream);
  cuda::launch_pool<T>({.batch = batch.data(),
                        .offsets = device_offsets.data(),
                        .hidden = device_hidden.data(),
                        .out = out.data(),
                        .width = static_cast<std::int32_t>(width),
                        .kind = kind,
                        .normalize = normalize},
                       kSequences + 1, stream.get());
  const std::vector<float> got = out.download();
  const std::vector<float> expected = reference_pool(hidden, offsets, width, kind, normalize);
  CHECK(max_error(std::span(got).first(expected.size()), expected) < 1e-6);
  CHECK(untouched_from<float>(got, kSequences * width));
}

TEST_CASE_TEMPLATE("layer norm is the reference's to the last place of what is stored", T, Bf16, F16) {
  for_each_execution([] {
    for (const std::size_t width : {32, 96, 384, 768, 1024}) check_layer_norm<T>(5, width);
    for (const std::size_t rows : {1, 4, 11}) check_layer_norm<T>(rows, 416);
  });
}

TEST_CASE_TEMPLATE("the embedding is the normalised sum of a word's row and a position's", T, Bf16, F16) {
  for_each_execution([] {
    for (const std::size_t width : {32, 96, 384, 768, 1024}) check_embedding<T>(5, width);
    for (const std::size_t tokens : {1, 4, 11}) check_embedding<T>(tokens, 416);
  });
}

TEST_CASE_TEMPLATE("pooling averages a sequence's rows or takes its first, and may normalise", T, Bf16, F16) {
  for_each_execution([] {
    for (const std::size_t width : {32, 384, 416, 1024}) {
      for (const bool normalize : {false, true}) {
        check_pool<T>(width, cuda::PoolKind::kMean, normalize);
        check_pool<T>(width, cuda::PoolKind::kCls, normalize);
      }
    }
  });
}

TEST_CASE("a width that no kernel holds is refused by name") {
  const TestStream stream;
  cuda::LayerNormArgs<Bf16> args{};
  args.width = 1056;
  try {
    cuda::launch_layer_norm<Bf16>(args, 1, stream.get());
    FAIL("expected a failure");
  } catch (const cuda::Failure& failure) {
    CHECK(failure.outcome() == cuda::Outcome::kUnsupported);
    CHECK(std::string(failure.what()) == "a row of 1056 numbers; up to 1024 are supported");
  }
}

}  // namespace
}  // namespace pointsman::test
