#include "gpu/head_bench.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <stdexcept>

#include "backend/cuda_call.h"
#include "engine/head_values.h"
#include "gpu/text_table.h"
#include "model/head_program.h"

extern "C" const pointsman::cuda::Api* pointsman_cuda_api();

namespace pointsman::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kDimension = 784;
constexpr std::size_t kHidden = 768;
constexpr std::size_t kModels = 18;
constexpr std::size_t kPrompts[] = {1, 8, 64, 128};
constexpr std::size_t kScores = 2 * kModels;

std::vector<float> random_floats(std::size_t count, std::uint32_t seed, float spread) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-spread, spread);
  std::vector<float> values(count);
  for (float& value : values) value = uniform(random);
  return values;
}

std::vector<std::shared_ptr<const Head>> default_heads() {
  return {Head::create(PairwiseHeadSpec{.dimension = kDimension,
                                        .hidden = kHidden,
                                        .prompt_weight = random_floats(kHidden * kDimension, 1, 0.06F),
                                        .model_part = random_floats(kModels * kHidden, 2, 1.0F),
                                        .out_weight = random_floats(kHidden, 3, 0.06F),
                                        .out_bias = random_floats(kModels, 4, 0.1F)}),
          Head::create(LinearHeadSpec{.dimension = kDimension,
                                      .weight = random_floats(kModels * kDimension, 5, 0.06F),
                                      .bias = std::vector<float>(kModels, 0.5F)})};
}

}  // namespace

HeadBench::HeadBench(int runs)
    : runs_(runs),
      heads_(default_heads()),
      features_(random_floats(*std::ranges::max_element(kPrompts) * kDimension, 6, 1.0F)) {
  const cuda::Api& api = *pointsman_cuda_api();
  const HeadProgram quality(*heads_[0], kDimension);
  const HeadProgram cost(*heads_[1], kDimension);
  const cuda::HeadValues values[] = {values_of(quality), values_of(cost)};
  auto* heads = checked([&](cuda::Status* status) { return api.open_heads(values, 2, kDimension, status); });
  on_device_ = {heads, [&api](cuda::DeviceHeads* opened) { api.close_heads(opened); }};
  auto* lane = checked([&](cuda::Status* status) { return api.open_head_lane(heads, status); });
  lane_ = {lane, [&api](cuda::HeadLane* opened) { api.close_head_lane(opened); }};
}

std::vector<float> HeadBench::score_on_gpu(std::size_t prompts) const {
  std::vector<float> scores(prompts * kScores);
  checked([&](cuda::Status* status) {
    pointsman_cuda_api()->score(static_cast<cuda::HeadLane*>(lane_.get()), features_.data(),
                                static_cast<std::uint32_t>(prompts), scores.data(), status);
  });
  return scores;
}

// The scores of the first head, then those of the second.
std::vector<float> HeadBench::score_on_cpu(std::size_t prompts) const {
  std::vector<float> scores(prompts * kScores);
  const std::span<const float> features = std::span(features_).first(prompts * kDimension);
  heads_[0]->score(features, prompts, std::span(scores).first(prompts * kModels));
  heads_[1]->score(features, prompts, std::span(scores).last(prompts * kModels));
  return scores;
}

void HeadBench::check() {
  for (const std::size_t prompts : kPrompts) {
    const std::vector<float> got = score_on_gpu(prompts);
    const std::vector<float> expected = score_on_cpu(prompts);
    for (std::size_t i = 0; i < got.size(); ++i) {
      const std::size_t prompt = i / kScores;
      const std::size_t head = i % kScores / kModels;
      const float right = expected[head * prompts * kModels + prompt * kModels + i % kModels];
      if (std::abs(got[i] - right) < 1e-4F) continue;
      throw std::runtime_error("heads: the GPU scores " + std::to_string(got[i]) + " where the CPU scores " +
                               std::to_string(right) + "; nothing was measured");
    }
  }
}

std::vector<HeadFigures> HeadBench::measure(Progress& progress) {
  std::vector<HeadFigures> figures;
  for (const std::size_t prompts : kPrompts) {
    progress.begin("heads: " + std::to_string(prompts) + " prompts");
    const auto timed = [&](std::vector<float> (HeadBench::*score)(std::size_t) const) {
      return sample(runs_, progress, [&] { return wall_seconds([&] { (this->*score)(prompts); }); }).median();
    };
    figures.push_back({prompts, timed(&HeadBench::score_on_gpu), timed(&HeadBench::score_on_cpu)});
  }
  return figures;
}

std::string heads_text(const std::vector<HeadFigures>& figures) {
  std::vector<TextRow> rows;
  for (const HeadFigures& figure : figures) {
    rows.push_back({std::to_string(figure.prompts), number_text(figure.seconds * 1e6),
                    number_text(figure.cpu_seconds * 1e6), number_text(figure.cpu_seconds / figure.seconds)});
  }
  return "heads of the default router's size (784 features, 768 units, 18 models; costs linear), every score "
         "compared with the CPU's first\n" +
         aligned_table({"prompts", "us", "us on one thread of the CPU", "times as fast"}, rows);
}

Json heads_json(const std::vector<HeadFigures>& figures) {
  Json json = Json::array();
  for (const HeadFigures& figure : figures) {
    json.push_back(
        {{"prompts", figure.prompts}, {"seconds", figure.seconds}, {"cpuSeconds", figure.cpu_seconds}});
  }
  return json;
}

}  // namespace pointsman::bench
