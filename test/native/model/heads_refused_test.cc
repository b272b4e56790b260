// What heads are counted as and what is refused, when they are made and when they are called.
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/head_specs.h"
#include "model/heads.h"
#include "model/support.h"

namespace pointsman::test {
namespace {

void check_refused(HeadSpec spec, const std::string& message) {
  check_error(ErrorCode::kInvalidArgument, message, [&] { Head::create(std::move(spec)); });
}

void check_adapter_refusals(const AdapterHeadSpec& good, const std::shared_ptr<const Head>& wide) {
  AdapterHeadSpec spec = good;
  spec.inner = nullptr;
  check_refused(spec, "adapter head: no inner head");
  spec.inner = wide;
  check_refused(spec, "adapter head: inner dimension: expected 4 values, got 5");
  spec = good;
  spec.bottleneck = 0;
  check_refused(spec, "adapter head: expected at least one dimension and one bottleneck unit");
  spec = good;
  spec.down_weight.pop_back();
  check_refused(spec, "adapter head: down weight: expected 8 values, got 7");
  spec = good;
  spec.down_bias.push_back(0);
  check_refused(spec, "adapter head: down bias: expected 2 values, got 3");
  spec = good;
  spec.up_weight.clear();
  check_refused(spec, "adapter head: up weight: expected 8 values, got 0");
  spec = good;
  spec.up_weight[3] = kInfinity;
  check_refused(spec, "adapter head: up weight: expected finite numbers, element 3 is inf");
}

TEST_CASE("a join, a mix and an adapter count what they hold, and are refused where parts do not fit") {
  const auto two = Head::create(ConstantHeadSpec{{0.5F, 0.5F}});
  const auto flat = Head::create(linear_spec(4, 1));
  const auto wide = Head::create(linear_spec(5, 1));
  const auto join = Head::create(JoinHeadSpec{{two, flat}, {0, 1, 2}});
  CHECK(join->num_floats() == 7);
  CHECK(join->dimension() == 4);
  CHECK(Head::create(MixHeadSpec{join, {1, 2, 3}, {0}})->num_floats() == 11);
  const AdapterHeadSpec adapter{flat, 4, 2, std::vector<float>(8), {0, 0}, std::vector<float>(8)};
  CHECK(Head::create(adapter)->num_floats() == 23);

  check_refused(JoinHeadSpec{{}, {}}, "join head: expected at least one member");
  check_refused(JoinHeadSpec{{two, nullptr}, {0, 1}}, "join head: member 1 is missing");
  check_refused(JoinHeadSpec{{flat, wide}, {0, 1}},
                "join head: member 1: dimension: expected 4 values, got 5");
  check_refused(JoinHeadSpec{{two, flat}, {0, 1}}, "join head: columns: expected 3 values, got 2");
  check_refused(JoinHeadSpec{{two, flat}, {0, 1, 1}},
                "join head: columns: expected each of 0 to 2 once, got 1 twice");
  check_refused(JoinHeadSpec{{two, flat}, {0, 1, 3}},
                "join head: columns: expected each of 0 to 2 once, got 3, which is past the end");
  check_refused(MixHeadSpec{nullptr, {1}, {0}}, "mix head: no inner head");
  check_refused(MixHeadSpec{two, {}, {}}, "mix head: expected at least one model");
  check_refused(MixHeadSpec{two, {1, 1, 1}, {0}}, "mix head: weight: expected 2 values, got 3");
  check_refused(MixHeadSpec{two, {1, kNan}, {0}},
                "mix head: weight: expected finite numbers, element 1 is nan");
  check_refused(MixHeadSpec{two, {1, 1}, {kInfinity}},
                "mix head: bias: expected finite numbers, element 0 is inf");
  check_adapter_refusals(adapter, wide);
}

TEST_CASE("heads inside a head are counted, and refused where they do not fit") {
  const auto two = Head::create(ConstantHeadSpec{{0.5F, 0.5F}});
  const auto three = Head::create(ConstantHeadSpec{{0.5F, 0.5F, 0.5F}});
  const auto stack = Head::create(StackHeadSpec{{two, two}, {0.5F, 0.5F}});
  CHECK(stack->num_floats() == 6);
  CHECK(Head::create(mlp_spec({4, 3, 2}))->num_floats() == 23);
  CHECK(Head::create(CalibratedHeadSpec{stack, 2, {0, 1, 0, 1}})->num_floats() == 10);
  CHECK_THROWS_AS(Head::create(StackHeadSpec{{two, three}, {0.5F, 0.5F}}), Error);
  CHECK_THROWS_AS(Head::create(StackHeadSpec{{two, nullptr}, {0.5F, 0.5F}}), Error);
  CHECK_THROWS_AS(Head::create(StackHeadSpec{{two}, {kNan}}), Error);
  CHECK_THROWS_AS(Head::create(CalibratedHeadSpec{two, 2, {0, 1, 1, 0.5F}}), Error);
  CHECK_THROWS_AS(Head::create(CalibratedHeadSpec{two, 2, {0, 1}}), Error);
  CHECK_THROWS_AS(Head::create(CalibratedHeadSpec{nullptr, 2, {0, 1}}), Error);
  const auto linear = Head::create(linear_spec(2, 3));
  CHECK(Head::create(StandardisedHeadSpec{linear, {0, 0}, {1, 1}, {1, 1}})->num_floats() == 15);
  CHECK(Head::create(StandardisedHeadSpec{two, {0}, {1}, {1}})->dimension() == 1);
  CHECK_THROWS_AS(Head::create(StandardisedHeadSpec{linear, {0}, {1}, {1}}), Error);
  CHECK_THROWS_AS(Head::create(StandardisedHeadSpec{linear, {0, 0}, {1}, {1, 1}}), Error);
  CHECK_THROWS_AS(Head::create(StandardisedHeadSpec{linear, {0, kNan}, {1, 1}, {1, 1}}), Error);
  CHECK_THROWS_AS(Head::create(StandardisedHeadSpec{nullptr, {0}, {1}, {1}}), Error);
  CHECK(Head::create(ProjectedHeadSpec{linear, 1, {1, 1}})->num_floats() == 11);
  CHECK_THROWS_AS(Head::create(ProjectedHeadSpec{linear, 2, {1, 1}}), Error);
  CHECK_THROWS_AS(Head::create(ProjectedHeadSpec{two, 1, {1, 1}}), Error);
  CHECK_THROWS_AS(Head::create(ProjectedHeadSpec{nullptr, 1, {1}}), Error);
}

TEST_CASE("a familiar head that cannot be computed is refused") {
  const FamiliarHeadSpec sound = familiar_spec(3, 2);
  CHECK(Head::create(sound)->num_floats() == 19 * 3 + 3 + 5 * 19 + 3 * 5 + 2 * 4 + 3);
  const auto refused = [&sound](auto change, const char* message) {
    FamiliarHeadSpec spec = sound;
    change(spec);
    check_refused(spec, message);
  };
  refused([](auto& spec) { spec.inner = nullptr; }, "familiar head: no inner head");
  refused([](auto& spec) { spec.k = 0; },
          "familiar head: expected at least one dimension, one component, one stored prompt and k of at "
          "least 1");
  refused([](auto& spec) { spec.dimension = 5; }, "familiar head: dimension: expected 19 values, got 5");
  refused([](auto& spec) { spec.fallback.pop_back(); }, "familiar head: fallback: expected 3 values, got 2");
  refused([](auto& spec) { spec.projection.pop_back(); },
          "familiar head: projection: expected a multiple of the dimension, 19, got 94 values");
  refused([](auto& spec) { spec.keys.pop_back(); },
          "familiar head: keys: expected a multiple of the components, 5, got 14 values");
  refused([](auto& spec) { spec.keys[1] = kNan; },
          "familiar head: keys: expected finite numbers, element 1 is nan");
  refused([](auto& spec) { spec.trust.pop_back(); }, "familiar head: trust: expected 4 values, got 3");
  refused([](auto& spec) { spec.trust[0] = 1.5F; }, "familiar head: trust: expected numbers in [0, 1]");
  refused([](auto& spec) { spec.similarities[1] = -1; },
          "familiar head: similarities: expected ascending ones, each only once");
  refused([](auto& spec) { spec.similarities.clear(); },
          "familiar head: similarities: expected at least one");
}

TEST_CASE("no prompts give no scores") {
  CHECK(score(*Head::create(linear_spec(4, 2)), {}, 0).empty());
  CHECK(score(*Head::create(pairwise_spec(4, 3, 2)), {}, 0).empty());
  CHECK(score(*Head::create(mlp_spec({4, 3, 2})), {}, 0).empty());
  CHECK(score(*Head::create(neighbour_spec(4, 9, 2, 3)), {}, 0).empty());
}

TEST_CASE("a specification whose sizes disagree is refused") {
  check_refused(ConstantHeadSpec{}, "constant head: expected at least one model");
  LinearHeadSpec linear = linear_spec(4, 2);
  linear.weight.pop_back();
  check_refused(linear, "linear head: weight: expected 8 values, got 7");
  check_refused(LinearHeadSpec{0, {}, {1.0F}}, "linear head: expected at least one model and one dimension");
  const std::size_t half = std::size_t{1} << 63;
  check_refused(LinearHeadSpec{half, {}, {1.0F, 1.0F}},
                "linear head: weight: 2 by 9223372036854775808 values are more than the address space holds");
  PairwiseHeadSpec pairwise = pairwise_spec(4, 3, 2);
  pairwise.model_part.push_back(0);
  check_refused(pairwise, "pairwise head: model part: expected 6 values, got 7");
  pairwise = pairwise_spec(4, 3, 2);
  pairwise.out_weight.clear();
  check_refused(pairwise, "pairwise head: out weight: expected 3 values, got 0");
  pairwise = pairwise_spec(4, 3, 2);
  pairwise.prompt_weight.resize(4);
  check_refused(pairwise, "pairwise head: prompt weight: expected 12 values, got 4");
  MlpHeadSpec mlp = mlp_spec({4, 3, 2});
  mlp.layers[1].weight.pop_back();
  check_refused(mlp, "mlp head: layer 1: weight: expected 6 values, got 5");
  mlp.layers[1].bias.clear();
  check_refused(mlp, "mlp head: layer 1: expected at least one output");
  check_refused(MlpHeadSpec{4, {}}, "mlp head: expected at least one layer and one dimension");
  NeighbourHeadSpec neighbour = neighbour_spec(4, 5, 2, 3);
  neighbour.keys.pop_back();
  check_refused(neighbour, "neighbour head: keys: expected a multiple of the dimension, 4, got 19 values");
  neighbour = neighbour_spec(4, 5, 2, 3);
  neighbour.scores.pop_back();
  check_refused(neighbour, "neighbour head: scores: expected 10 values, got 9");
  neighbour = neighbour_spec(4, 5, 2, 3);
  neighbour.k = 0;
  check_refused(
      neighbour,
      "neighbour head: expected at least one model, one dimension, one stored prompt and k of at least 1");
}

TEST_CASE("a specification with a value that is not finite is refused at its place") {
  check_refused(ConstantHeadSpec{{0.5F, kNan}},
                "constant head: scores: expected finite numbers, element 1 is nan");
  LinearHeadSpec linear = linear_spec(4, 2);
  linear.weight[5] = kInfinity;
  check_refused(linear, "linear head: weight: expected finite numbers, element 5 is inf");
  PairwiseHeadSpec pairwise = pairwise_spec(4, 3, 2);
  pairwise.out_bias[1] = kNan;
  check_refused(pairwise, "pairwise head: out bias: expected finite numbers, element 1 is nan");
  MlpHeadSpec mlp = mlp_spec({4, 3, 2});
  mlp.layers[0].bias[1] = kInfinity;
  check_refused(mlp, "mlp head: layer 0: bias: expected finite numbers, element 1 is inf");
  NeighbourHeadSpec neighbour = neighbour_spec(4, 5, 2, 3);
  neighbour.keys[2] = kNan;
  check_refused(neighbour, "neighbour head: keys: expected finite numbers, element 2 is nan");
  neighbour = neighbour_spec(4, 5, 2, 3);
  neighbour.scores[4] = -kInfinity;
  check_refused(
      neighbour,
      "neighbour head: scores: expected finite numbers or NaN for a missing cell, element 4 is infinite");
  neighbour = neighbour_spec(4, 5, 2, 3);
  neighbour.temperature = -1;
  check_refused(neighbour,
                "neighbour head: temperature: expected a finite number of at least 0, got -1.000000");
  neighbour = neighbour_spec(4, 5, 2, 3);
  neighbour.prior_weight = kNan;
  check_refused(neighbour, "neighbour head: prior weight: expected a finite number of at least 0, got nan");
}

TEST_CASE("a call with wrong sizes or embeddings that are not finite is refused") {
  const auto head = Head::create(linear_spec(4, 2));
  std::vector<float> out(2);
  check_error(ErrorCode::kInvalidArgument, "embeddings: expected 4 values, got 5",
              [&] { head->score(std::vector<float>(5), 1, out); });
  check_error(ErrorCode::kInvalidArgument, "scores: expected 4 values, got 2",
              [&] { head->score(std::vector<float>(8), 2, out); });
  check_error(ErrorCode::kInvalidArgument, "embeddings: expected finite numbers, element 3 is nan", [&] {
    head->score(std::vector<float>{0, 0, 0, kNan}, 1, out);
  });
}

TEST_CASE("weights so large that a score overflows never give a NaN") {
  const auto linear = Head::create(LinearHeadSpec{2, {3e38F, -3e38F}, {0.0F}});
  CHECK(score(*linear, {9.0F, 9.0F}, 1)[0] >= 0.0F);
  const auto neighbour = Head::create(NeighbourHeadSpec{1, 1, 0, 0, {3e38F}, {0.5F}, {0.5F}});
  CHECK(error_of([&] { score(*neighbour, {9.0F}, 1); }).code() == ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace pointsman::test
