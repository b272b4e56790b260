// Heads on the device against the CPU's, several in one launch.
#include "model/heads.h"
#include "cuda/support.h"
#include "model/head_program.h"
#include "model/head_specs.h"

namespace pointsman::test {
namespace {

// Sums of some hundred float32 in another order, exponentials of 2 ulp, and curves that are up to 10 steep.
constexpr double kTolerance = 1e-5;

using Heads = std::vector<std::shared_ptr<const Head>>;

// One head's steps and values on the device.
class Uploaded {
 public:
  Uploaded(const HeadProgram& program, const TestStream& stream)
      : steps_(program.steps(), stream),
        values_(program.values().empty()
                    ? std::vector<float>(1)
                    : std::vector<float>(program.values().begin(), program.values().end()),
                stream),
        program_(program) {}

  cuda::DeviceHead head(std::size_t first_score) const {
    return {.steps = steps_.data(),
            .values = values_.data(),
            .num_steps = static_cast<std::int32_t>(program_.steps().size()),
            .row_floats = static_cast<std::int32_t>(program_.row_floats()),
            .scores_at = static_cast<std::int32_t>(program_.scores_at()),
            .num_models = static_cast<std::int32_t>(program_.num_models()),
            .first_score = static_cast<std::int32_t>(first_score),
            .unused = 0};
  }

 private:
  DeviceArray<HeadStep> steps_;
  DeviceArray<float> values_;
  HeadProgram program_;
};

// Scores of all heads side by side, [prompts, models of all].
std::vector<float> score_on_device(const Heads& heads, const std::vector<float>& features,
                                   std::size_t prompts, std::size_t dimension) {
  const TestStream stream;
  cuda::allow_memory_for_heads();
  std::vector<std::unique_ptr<Uploaded>> uploaded;
  std::vector<cuda::DeviceHead> device_heads;
  std::size_t num_scores = 0;
  std::size_t row_floats = 0;
  std::size_t most_keys = 1;
  for (const auto& head : heads) {
    const HeadProgram program(*head, dimension);
    uploaded.push_back(std::make_unique<Uploaded>(program, stream));
    device_heads.push_back(uploaded.back()->head(num_scores));
    num_scores += program.num_models();
    row_floats = std::max(row_floats, program.row_floats());
    most_keys = std::max(most_keys, program.most_keys());
  }
  const std::size_t blocks = (prompts + cuda::kHeadRows - 1) / cuda::kHeadRows;
  const DeviceArray<cuda::DeviceHead> on_device(device_heads, stream);
  const DeviceArray<float> input(features, stream);
  const DeviceArray<float> scores((prompts + 1) * num_scores, stream);
  const DeviceArray<float> similarities(blocks * heads.size() * cuda::kHeadRows * most_keys, stream);
  cuda::launch_heads({.features = input.data(),
                      .heads = on_device.data(),
                      .scores = scores.data(),
                      .similarities = similarities.data(),
                      .num_prompts = static_cast<std::int32_t>(prompts),
                      .dimension = static_cast<std::int32_t>(dimension),
                      .num_scores = static_cast<std::int32_t>(num_scores),
                      .most_keys = static_cast<std::int32_t>(most_keys),
                      .blocks_per_head = static_cast<std::int32_t>(blocks),
                      .unused = 0},
                     heads.size(), row_floats, stream.get());
  std::vector<float> got = scores.download();
  CHECK(untouched_from<float>(got, prompts * num_scores));
  got.resize(prompts * num_scores);
  return got;
}

void check_heads(const Heads& heads, std::size_t prompts, std::size_t dimension, std::uint32_t seed = 1) {
  CAPTURE(prompts);
  const std::vector<float> features = random_floats(prompts * dimension, seed);
  const std::vector<float> got = score_on_device(heads, features, prompts, dimension);
  const std::size_t num_scores = got.size() / prompts;
  std::size_t first = 0;
  for (std::size_t h = 0; h < heads.size(); ++h) {
    CAPTURE(h);
    const std::vector<float> expected = score(*heads[h], features, prompts);
    const std::size_t models = heads[h]->num_models();
    double worst = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const double error =
          std::abs(static_cast<double>(got[i / models * num_scores + first + i % models]) - expected[i]);
      worst = std::isnan(error) ? INFINITY : std::max(worst, error);
    }
    CHECK(worst < kTolerance);
    first += models;
  }
}

std::shared_ptr<const Head> make(HeadSpec spec) {
  return Head::create(std::move(spec), kernel_table("reference"));
}

std::vector<float> rising_curve(std::size_t models, std::size_t knots) {
  std::vector<float> curve;
  for (std::size_t i = 0; i < models * knots; ++i) {
    const auto x = static_cast<float>(i % knots) / static_cast<float>(knots - 1);
    curve.push_back(i / knots % 2 == 0 ? x * x : 0.1F + 0.8F * x);
  }
  return curve;
}

StandardisedHeadSpec standardised_spec(std::shared_ptr<const Head> inner, std::size_t dimension) {
  StandardisedHeadSpec spec{std::move(inner), random_floats(dimension, 11),
                            random_floats(dimension, 12, 6.0F), random_floats(dimension, 13)};
  return spec;
}

AdapterHeadSpec adapter_spec(std::shared_ptr<const Head> inner, std::size_t dimension,
                             std::size_t bottleneck) {
  return {.inner = std::move(inner),
          .dimension = dimension,
          .bottleneck = bottleneck,
          .down_weight = random_floats(bottleneck * dimension, 21, 0.4F),
          .down_bias = random_floats(bottleneck, 22),
          .up_weight = random_floats(dimension * bottleneck, 23, 0.4F)};
}

// The default router's: the pairwise head and neighbours in a calibrated stack, cautious far from what it
// saw.
std::shared_ptr<const Head> cautious_stack(std::size_t dimension, std::size_t models) {
  constexpr std::size_t kComponents = 6;
  const auto neighbours = make(neighbour_spec(kComponents, 45, models, 7));
  const auto projected =
      make(ProjectedHeadSpec{neighbours, dimension, random_floats(kComponents * dimension, 31)});
  const auto stack = make(StackHeadSpec{.members = {make(pairwise_spec(dimension, 37, models)), projected},
                                        .weights = {0.6F, 0.4F}});
  const auto calibrated = make(CalibratedHeadSpec{stack, 9, rising_curve(models, 9)});
  return make(FamiliarHeadSpec{.inner = make(standardised_spec(calibrated, dimension)),
                               .dimension = dimension,
                               .k = 3,
                               .projection = random_floats(kComponents * dimension, 32),
                               .keys = random_floats(45 * kComponents, 33),
                               .similarities = {-1, 0.5F, 3, 9},
                               .trust = {0, 0.25F, 0.5F, 1},
                               .fallback = random_floats(models, 34)});
}

TEST_CASE("every kind of head, all of them in one launch") {
  constexpr std::size_t kDimension = 19;
  constexpr std::size_t kModels = 5;
  const auto linear = make(linear_spec(kDimension, kModels));
  const auto pairwise = make(pairwise_spec(kDimension, 34, kModels));
  const Heads heads = {
      make(ConstantHeadSpec{{0.25F, 0.75F}}),
      linear,
      pairwise,
      make(mlp_spec({kDimension, 40, 33, 7})),
      make(mlp_spec({kDimension, 3})),
      make(experts_spec(kDimension, 34, 0.5F)),
      make(experts_spec(kDimension, 34, 0.0F)),
      make(neighbour_spec(kDimension, 70, 35, 9)),
      make(familiar_spec(40, 5)),
      make(familiar_spec(4, 9)),
      make(StackHeadSpec{{linear, pairwise, linear}, {0.5F, 0.3F, 0.2F}}),
      make(JoinHeadSpec{{linear, make(ConstantHeadSpec{{0.5F}}), pairwise},
                        {10, 0, 9, 1, 8, 2, 7, 3, 6, 4, 5}}),
      make(MixHeadSpec{pairwise, random_floats(3 * kModels, 41), random_floats(3, 42)}),
      make(CalibratedHeadSpec{pairwise, 6, rising_curve(kModels, 6)}),
      make(standardised_spec(pairwise, kDimension)),
      make(ProjectedHeadSpec{make(linear_spec(8, 3)), kDimension, random_floats(8 * kDimension, 43)}),
      make(adapter_spec(pairwise, kDimension, 6)),
      cautious_stack(kDimension, 6),
  };
  for_each_execution([&] {
    check_heads(heads, 6, kDimension);
    check_heads(heads, 1, kDimension, 2);
  });
}

TEST_CASE("of equally similar stored prompts the first are the nearest") {
  constexpr std::size_t kDimension = 4;
  constexpr std::size_t kRows = 80;
  for (const std::size_t k : {1, 31, 33, 79, 80}) {
    CAPTURE(k);
    NeighbourHeadSpec spec = neighbour_spec(kDimension, kRows, 3, k);
    // Three prompts, each stored many times: also some to which all similarities are 0.
    for (std::size_t i = 0; i < spec.keys.size(); ++i) {
      spec.keys[i] = i / kDimension % 3 == i % kDimension ? 1.0F : 0.0F;
    }
    for (const float temperature : {0.0F, 0.2F}) {
      spec.temperature = temperature;
      const auto head = make(spec);
      std::vector<float> features = random_floats(5 * kDimension, 3);
      std::fill_n(features.begin(), kDimension, 0.0F);
      const std::vector<float> got = score_on_device({head}, features, 5, kDimension);
      CHECK(max_error(got, score(*head, features, 5)) < kTolerance);
    }
  }
}

TEST_CASE("models that no neighbour was run on have the prior") {
  NeighbourHeadSpec spec = neighbour_spec(3, 10, 2, 4);
  spec.prior_weight = 0;
  for (std::size_t row = 0; row < 10; ++row) spec.scores[row * 2] = kNan;
  check_heads({make(spec)}, 3, 3);
}

TEST_CASE("a head that needs more than 48 KiB of a block's memory") {
  constexpr std::size_t kDimension = 1552;
  const auto inner = make(pairwise_spec(kDimension, 600, 2));
  const auto head = make(standardised_spec(inner, kDimension));
  CHECK(cuda::head_shared_bytes(HeadProgram(*head, kDimension).row_floats()) > 48 * 1024);
  check_heads({head}, 2, kDimension);
}

}  // namespace
}  // namespace pointsman::test
