// Specifications of heads with random numbers, and their scores.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "model/heads.h"

namespace pointsman::test {

inline constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
inline constexpr float kInfinity = std::numeric_limits<float>::infinity();

inline std::vector<float> random_floats(std::size_t count, std::uint32_t seed, float scale = 1.0F) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-scale, scale);
  std::vector<float> values(count);
  for (float& value : values) value = uniform(random);
  return values;
}

inline std::vector<float> score(const Head& head, const std::vector<float>& embeddings, std::size_t count) {
  std::vector<float> out(count * head.num_models(), kNan);
  head.score(embeddings, count, out);
  return out;
}

inline LinearHeadSpec linear_spec(std::size_t dimension, std::size_t models) {
  return {dimension, random_floats(models * dimension, 2, 0.3F), random_floats(models, 3)};
}

inline PairwiseHeadSpec pairwise_spec(std::size_t dimension, std::size_t hidden, std::size_t models) {
  return {dimension,
          hidden,
          random_floats(hidden * dimension, 4, 0.5F),
          random_floats(models * hidden, 5),
          random_floats(hidden, 6),
          random_floats(models, 7)};
}

inline MlpHeadSpec mlp_spec(const std::vector<std::size_t>& widths) {
  MlpHeadSpec spec{.dimension = widths.front(), .layers = {}};
  for (std::size_t i = 1; i < widths.size(); ++i) {
    const auto seed = static_cast<std::uint32_t>(30 + i);
    spec.layers.push_back(
        {random_floats(widths[i] * widths[i - 1], seed, 0.3F), random_floats(widths[i], seed + 20)});
  }
  return spec;
}

inline NeighbourHeadSpec neighbour_spec(std::size_t dimension, std::size_t rows, std::size_t models,
                                        std::size_t k) {
  NeighbourHeadSpec spec{.dimension = dimension,
                         .k = k,
                         .temperature = 0.2F,
                         .prior_weight = 0.5F,
                         .keys = random_floats(rows * dimension, 8),
                         .scores = random_floats(rows * models, 9),
                         .prior = random_floats(models, 10)};
  for (float& cell : spec.scores) cell = cell < -0.6F ? kNan : std::abs(cell);
  for (float& value : spec.prior) value = std::abs(value);
  return spec;
}

inline FamiliarHeadSpec familiar_spec(std::size_t rows, std::size_t k) {
  constexpr std::size_t kDimension = 19;
  return {Head::create(linear_spec(kDimension, 3)),
          kDimension,
          k,
          random_floats(5 * kDimension, 51),
          random_floats(rows * 5, 52),
          {-1, 0.5F, 2, 4},
          {0, 0.25F, 0.5F, 1},
          {0.25F, 0.5F, 0.75F}};
}

// Five models; four tasks: one with an expert for every model, one with none.
inline ExpertsHeadSpec experts_spec(std::size_t dimension, std::size_t hidden, float confidence) {
  constexpr std::size_t kModels = 5;
  constexpr std::size_t kTasks = 4;
  constexpr std::size_t kExperts = 8;
  std::vector<float> prior = random_floats((kTasks + 1) * kModels, 64);
  for (float& value : prior) value = std::abs(value);
  return {.general = pairwise_spec(dimension, hidden, kModels),
          .task_weight = random_floats(kTasks * dimension, 61),
          .task_bias = random_floats(kTasks, 62),
          .confidence = confidence,
          .expert_counts = {2, 5, 0, 1},
          .expert_models = {4, 1, 0, 1, 2, 3, 4, 2},
          .expert_part = random_floats(kExperts * hidden, 63),
          .expert_bias = random_floats(kExperts, 65),
          .alpha = 0.75F,
          .prior = std::move(prior)};
}

}  // namespace pointsman::test
