// The mixture of experts against its formula in double, for every ISA that runs here, and what is refused.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/select.h"
#include "model/head_specs.h"
#include "model/heads.h"
#include "model/support.h"

namespace pointsman::test {
namespace {

constexpr std::size_t kDimension = 21;
constexpr std::size_t kHidden = 34;
constexpr std::size_t kModels = 5;

double logit(const float* weight, const float* embedding) {
  double sum = 0.0;
  for (std::size_t d = 0; d < kDimension; ++d) sum += static_cast<double>(weight[d]) * embedding[d];
  return sum;
}

std::size_t task_of(const ExpertsHeadSpec& spec, const float* embedding) {
  std::vector<double> logits;
  for (std::size_t task = 0; task < spec.task_bias.size(); ++task)
    logits.push_back(spec.task_bias[task] + logit(&spec.task_weight[task * kDimension], embedding));
  const auto largest = std::max_element(logits.begin(), logits.end());
  double sum = 0.0;
  for (const double value : logits) sum += std::exp(value - *largest);
  return 1.0 / sum >= static_cast<double>(spec.confidence)
             ? static_cast<std::size_t>(largest - logits.begin())
             : logits.size();
}

std::vector<double> plain_scores(const ExpertsHeadSpec& spec, const float* embedding) {
  const std::size_t task = task_of(spec, embedding);
  const auto answer = [&](const float* part, double bias) {
    for (std::size_t j = 0; j < kHidden; ++j) {
      const double unit = part[j] + logit(&spec.general.prompt_weight[j * kDimension], embedding);
      bias += spec.general.out_weight[j] * std::max(unit, 0.0);
    }
    return 1.0 / (1.0 + std::exp(-bias));
  };
  std::vector<double> scores;
  for (std::size_t model = 0; model < kModels; ++model)
    scores.push_back(answer(&spec.general.model_part[model * kHidden], spec.general.out_bias[model]));
  if (task < spec.expert_counts.size()) {
    const auto counts = spec.expert_counts.begin();
    const std::size_t first =
        std::accumulate(counts, counts + static_cast<std::ptrdiff_t>(task), std::size_t{0});
    for (std::size_t k = first; k < first + spec.expert_counts[task]; ++k)
      scores[spec.expert_models[k]] = answer(&spec.expert_part[k * kHidden], spec.expert_bias[k]);
  }
  for (std::size_t model = 0; model < kModels; ++model) {
    const double prior = spec.prior[task * kModels + model];
    scores[model] =
        static_cast<double>(spec.alpha) * scores[model] + (1.0 - static_cast<double>(spec.alpha)) * prior;
  }
  return scores;
}

TEST_CASE("an experts head mixes the experts of a prompt's task, other models' general heads and the prior") {
  for (const std::size_t count : {1, 63, 64, 150}) {
    for (const float confidence : {0.0F, 0.6F, 1.0F}) {
      CAPTURE(count);
      CAPTURE(confidence);
      const ExpertsHeadSpec spec = experts_spec(kDimension, kHidden, confidence);
      const std::vector<float> embeddings = random_floats(count * kDimension, 60);
      for (const KernelTable* table : available_kernel_tables()) {
        CAPTURE(table->name);
        const auto head = Head::create(spec, *table);
        const std::vector<float> scores = score(*head, embeddings, count);
        for (std::size_t i = 0; i < count; ++i) {
          const std::vector<double> expected = plain_scores(spec, &embeddings[i * kDimension]);
          const auto begin = embeddings.begin() + static_cast<std::ptrdiff_t>(i * kDimension);
          const std::vector<float> alone = score(*head, {begin, begin + kDimension}, 1);
          for (std::size_t model = 0; model < kModels; ++model) {
            CHECK(scores[i * kModels + model] == doctest::Approx(expected[model]).epsilon(1e-5));
            CHECK(scores[i * kModels + model] == alone[model]);
          }
        }
      }
    }
  }
}

TEST_CASE("prompts of these tests have every task, and none") {
  const ExpertsHeadSpec spec = experts_spec(kDimension, kHidden, 0.6F);
  const std::vector<float> embeddings = random_floats(150 * kDimension, 60);
  std::vector<std::size_t> seen(5);
  for (std::size_t i = 0; i < 150; ++i) ++seen[task_of(spec, &embeddings[i * kDimension])];
  CHECK(*std::min_element(seen.begin(), seen.end()) > 0);
}

TEST_CASE("an experts head with the network's share at 1 and no experts is the pairwise head, bit for bit") {
  ExpertsHeadSpec spec = experts_spec(kDimension, kHidden, 0.0F);
  spec.alpha = 1.0F;
  spec.expert_counts = {0, 0, 0, 0};
  spec.expert_models.clear();
  spec.expert_part.clear();
  spec.expert_bias.clear();
  const std::vector<float> embeddings = random_floats(70 * kDimension, 66);
  CHECK(score(*Head::create(spec), embeddings, 70) == score(*Head::create(spec.general), embeddings, 70));
}

TEST_CASE("an experts head that cannot be computed is refused") {
  const ExpertsHeadSpec sound = experts_spec(kDimension, kHidden, 0.5F);
  CHECK(Head::create(sound)->num_floats() == (34 + 4) * 21 + 5 * 34 + 34 + 5 + 4 + 8 * 34 + 8 + 5 * 5);
  const auto refused = [&sound](auto change, const char* message) {
    ExpertsHeadSpec spec = sound;
    change(spec);
    check_error(ErrorCode::kInvalidArgument, message, [&] { Head::create(spec); });
  };
  refused([](auto& spec) { spec.general.out_weight.pop_back(); },
          "pairwise head: out weight: expected 34 values, got 33");
  refused([](auto& spec) { spec.task_bias.clear(); }, "experts head: expected at least one task");
  refused([](auto& spec) { spec.task_weight.pop_back(); },
          "experts head: task weight: expected 84 values, got 83");
  refused([](auto& spec) { spec.confidence = 1.5F; },
          "experts head: confidence: expected a number in [0, 1], got 1.500000");
  refused([](auto& spec) { spec.alpha = kNan; }, "experts head: alpha: expected a number in [0, 1], got nan");
  refused([](auto& spec) { spec.expert_counts.pop_back(); },
          "experts head: expert counts: expected 4 values, got 3");
  refused([](auto& spec) { spec.expert_counts[0] = 6; },
          "experts head: expert counts: expected at most 5, got 6");
  refused([](auto& spec) { spec.expert_counts[2] = 1; },
          "experts head: expert models: expected 9 values, got 8");
  refused([](auto& spec) { spec.expert_models[0] = 5; },
          "experts head: expert models: expected models below 5, each once a task, got 5");
  refused([](auto& spec) { spec.expert_models[3] = 0; },
          "experts head: expert models: expected models below 5, each once a task, got 0");
  refused([](auto& spec) { spec.expert_part.pop_back(); },
          "experts head: expert part: expected 272 values, got 271");
  refused([](auto& spec) { spec.expert_bias.push_back(0); },
          "experts head: expert bias: expected 8 values, got 9");
  refused([](auto& spec) { spec.prior.pop_back(); }, "experts head: prior: expected 25 values, got 24");
  refused([](auto& spec) { spec.prior[2] = kInfinity; },
          "experts head: prior: expected finite numbers, element 2 is inf");
}

}  // namespace
}  // namespace pointsman::test
