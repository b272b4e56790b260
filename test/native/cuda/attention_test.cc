// Attention on packed tokens against the reference kernels, sequence by sequence and head by head.
#include "cuda/support.h"

namespace pointsman::test {
namespace {

using cuda::Bf16;
using cuda::F16;

struct Case {
  std::size_t head_dim;
  std::size_t num_heads;
  std::vector<std::size_t> lengths;
  bool has_bias = false;
};

// Weights are rounded before they multiply the values, which are below 1; the sum of the weights is 1.
template <typename T>
constexpr double kTolerance = std::is_same_v<T, Bf16> ? 0x1p-8 : 0x1p-11;

constexpr std::size_t kMaxDistance = 200;

struct Problem {
  std::vector<float> qkv;
  std::vector<float> bias;  // [heads, 2 * kMaxDistance + 1], or empty
  std::vector<cuda::AttentionTile> tiles;
  std::vector<std::int32_t> offsets;
};

template <typename T>
Problem make_problem(const Case& spec) {
  Problem problem;
  std::int32_t token = 0;
  problem.offsets.push_back(0);
  for (const std::size_t length : spec.lengths) {
    const std::int32_t end = token + static_cast<std::int32_t>(length);
    for (std::int32_t query = token; query < end; query += cuda::kQueryTile)
      problem.tiles.push_back({token, end, query, 0});
    problem.offsets.push_back(end);
    token = end;
  }
  Random random(static_cast<std::uint32_t>(token));
  problem.qkv = random_stored<T>(random, token * 3 * spec.head_dim * spec.num_heads);
  // Large queries: some scores far above the others, so that maxima move from one block of keys to the next.
  for (std::size_t i = 0; i < problem.qkv.size(); ++i) {
    if (i / (spec.head_dim * spec.num_heads) % 3 == 0) problem.qkv[i] *= 8;
  }
  if (spec.has_bias) problem.bias = random.floats(spec.num_heads * (2 * kMaxDistance + 1));
  return problem;
}

// scores [length, length] of one sequence and head, then their weighted values.
void reference_head(const Case& spec, const Problem& problem, std::size_t sequence, std::size_t head,
                    std::span<float> context) {
  const std::size_t hidden = spec.head_dim * spec.num_heads;
  const std::size_t begin = problem.offsets[sequence];
  const std::size_t length = problem.offsets[sequence + 1] - begin;
  const auto at = [&](std::size_t row, std::size_t part, std::size_t d) {
    return problem.qkv[(begin + row) * 3 * hidden + part * hidden + head * spec.head_dim + d];
  };
  std::vector<float> scores(length * length);
  for (std::size_t q = 0; q < length; ++q) {
    for (std::size_t k = 0; k < length; ++k) {
      double sum = 0;
      for (std::size_t d = 0; d < spec.head_dim; ++d) sum += static_cast<double>(at(q, 0, d)) * at(k, 1, d);
      sum /= std::sqrt(static_cast<double>(spec.head_dim));
      if (spec.has_bias) sum += problem.bias[head * (2 * kMaxDistance + 1) + kMaxDistance + k - q];
      scores[q * length + k] = static_cast<float>(sum);
    }
  }
  kernel_table("reference")
      .softmax_rows({.x = scores.data(),
                     .stride = length,
                     .rows = length,
                     .cols = length,
                     .scale = 1.0F,
                     .bias = nullptr,
                     .bias_stride = 0});
  for (std::size_t q = 0; q < length; ++q) {
    for (std::size_t d = 0; d < spec.head_dim; ++d) {
      double sum = 0;
      for (std::size_t k = 0; k < length; ++k)
        sum += static_cast<double>(scores[q * length + k]) * at(k, 2, d);
      context[(begin + q) * hidden + head * spec.head_dim + d] = static_cast<float>(sum);
    }
  }
}

template <typename T>
void check_attention(const Case& spec) {
  CAPTURE(spec.head_dim);
  CAPTURE(spec.lengths.size());
  const Problem problem = make_problem<T>(spec);
  const std::size_t hidden = spec.head_dim * spec.num_heads;
  const std::size_t tokens = problem.offsets.back();
  std::vector<float> expected(tokens * hidden);
  for (std::size_t sequence = 0; sequence < spec.lengths.size(); ++sequence) {
    for (std::size_t head = 0; head < spec.num_heads; ++head)
      reference_head(spec, problem, sequence, head, expected);
  }

  const TestStream stream;
  const std::size_t tiles = problem.tiles.size();
  const DeviceArray<cuda::BatchHeader> batch(std::vector{batch_of(tokens, spec.lengths.size(), tiles)},
                                             stream);
  const DeviceArray<cuda::AttentionTile> device_tiles(problem.tiles, stream);
  const DeviceArray<T> qkv(narrowed<T>(problem.qkv), stream);
  const DeviceArray<T> context((tokens + 1) * hidden, stream);
  const DeviceArray<float> bias(spec.has_bias ? problem.bias : std::vector<float>(4), stream);
  cuda::launch_attention<T>({.batch = batch.data(),
                             .tiles = device_tiles.data(),
                             .qkv = qkv.data(),
                             .context = context.data(),
                             .bias = spec.has_bias ? bias.data() : nullptr,
                             .max_distance = kMaxDistance,
                             .num_heads = static_cast<std::int32_t>(spec.num_heads),
                             .head_dim = static_cast<std::int32_t>(spec.head_dim)},
                            tiles + 2, stream.get());
  const std::vector<T> got = context.download();
  CHECK(error_beyond_rounding<T>(got, expected) < kTolerance<T>);
  CHECK(untouched_from<T>(got, tokens * hidden));
}

TEST_CASE_TEMPLATE("attention is the reference's for sequences of every length, packed", T, Bf16, F16) {
  for_each_execution([] {
    check_attention<T>({.head_dim = 32, .num_heads = 2, .lengths = {1, 63, 2}});
    check_attention<T>({.head_dim = 32, .num_heads = 1, .lengths = {64, 65, 130}});
    check_attention<T>({.head_dim = 64, .num_heads = 2, .lengths = {17, 1, 129}});
  });
}

TEST_CASE_TEMPLATE("attention adds a bias by distance", T, Bf16, F16) {
  for_each_execution([] {
    check_attention<T>({.head_dim = 32, .num_heads = 2, .lengths = {3, 70}, .has_bias = true});
    check_attention<T>({.head_dim = 64, .num_heads = 2, .lengths = {66}, .has_bias = true});
  });
}

TEST_CASE("a head of another size is refused by name") {
  const TestStream stream;
  cuda::AttentionArgs<Bf16> args{};
  args.head_dim = 48;
  try {
    cuda::launch_attention<Bf16>(args, 1, stream.get());
    FAIL("expected a failure");
  } catch (const cuda::Failure& failure) {
    CHECK(failure.outcome() == cuda::Outcome::kUnsupported);
    CHECK(std::string(failure.what()) == "attention heads of 48 numbers; 32 and 64 are supported");
  }
}

}  // namespace
}  // namespace pointsman::test
