// Every kind of head against its formula in double, for every ISA that runs here.
#include "model/heads.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "kernels/select.h"
#include "model/head_specs.h"
#include "model/support.h"

namespace pointsman::test {
namespace {

double inner(const float* x, const float* y, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += static_cast<double>(x[i]) * y[i];
  return sum;
}

void check_close(const std::vector<float>& got, const std::vector<double>& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CAPTURE(i);
    CHECK(got[i] == doctest::Approx(std::clamp(expected[i], 0.0, 1.0)).epsilon(1e-5));
  }
}

// The head for every table, with each prompt's scores compared to those it gets alone.
void check_head(const HeadSpec& spec, const std::vector<float>& embeddings, std::size_t count,
                const std::vector<double>& expected) {
  for (const KernelTable* table : available_kernel_tables()) {
    CAPTURE(table->name);
    const auto head = Head::create(spec, *table);
    const std::vector<float> scores = score(*head, embeddings, count);
    check_close(scores, expected);
    for (std::size_t i = 0; i < count; ++i) {
      const auto begin = embeddings.begin() + static_cast<std::ptrdiff_t>(i * head->dimension());
      const std::vector<float> alone =
          score(*head, {begin, begin + static_cast<std::ptrdiff_t>(head->dimension())}, 1);
      CHECK(std::equal(alone.begin(), alone.end(),
                       scores.begin() + static_cast<std::ptrdiff_t>(i * alone.size())));
    }
  }
}

// The formula of MlpHeadSpec in double.
std::vector<double> plain_mlp_scores(const MlpHeadSpec& spec, const float* embedding) {
  std::vector<double> x(embedding, embedding + spec.dimension);
  for (const DenseLayer& layer : spec.layers) {
    std::vector<double> next(layer.bias.begin(), layer.bias.end());
    for (std::size_t o = 0; o < next.size(); ++o) {
      for (std::size_t i = 0; i < x.size(); ++i) next[o] += x[i] * layer.weight[o * x.size() + i];
      if (&layer != &spec.layers.back()) next[o] = std::max(next[o], 0.0);
    }
    x = std::move(next);
  }
  for (double& value : x) value = 1.0 / (1.0 + std::exp(-value));
  return x;
}

std::vector<double> plain_neighbour_scores(const NeighbourHeadSpec& spec,
                                           const std::vector<float>& embeddings, std::size_t count) {
  const std::size_t rows = spec.keys.size() / spec.dimension;
  const std::size_t models = spec.prior.size();
  std::vector<double> out;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<double> similarity(rows);
    for (std::size_t r = 0; r < rows; ++r) {
      similarity[r] = inner(&embeddings[i * spec.dimension], &spec.keys[r * spec.dimension], spec.dimension);
    }
    std::vector<std::size_t> order(rows);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order,
                             [&](std::size_t a, std::size_t b) { return similarity[a] > similarity[b]; });
    order.resize(std::min(spec.k, rows));
    for (std::size_t c = 0; c < models; ++c) {
      double sum = static_cast<double>(spec.prior_weight) * spec.prior[c];
      double weight = spec.prior_weight;
      for (const std::size_t r : order) {
        const float cell = spec.scores[r * models + c];
        if (std::isnan(cell)) continue;
        const double w =
            spec.temperature == 0 ? 1.0 : std::exp((similarity[r] - similarity[order[0]]) / spec.temperature);
        sum += w * cell;
        weight += w;
      }
      out.push_back(weight > 0 ? sum / weight : spec.prior[c]);
    }
  }
  return out;
}

// x + up relu(down x + bias), in double.
std::vector<double> adapted(const AdapterHeadSpec& spec, const float* x) {
  std::vector<double> out(x, x + spec.dimension);
  for (std::size_t j = 0; j < spec.bottleneck; ++j) {
    const double unit =
        std::max(0.0, inner(x, &spec.down_weight[j * spec.dimension], spec.dimension) + spec.down_bias[j]);
    for (std::size_t d = 0; d < spec.dimension; ++d) out[d] += unit * spec.up_weight[d * spec.bottleneck + j];
  }
  return out;
}

TEST_CASE("a constant head gives every prompt the same scores, clamped, whatever the embeddings") {
  const auto head = Head::create(ConstantHeadSpec{{0.25F, 1.5F, -2.0F}});
  CHECK(head->dimension() == 0);
  CHECK(head->num_models() == 3);
  CHECK(score(*head, random_floats(14, 1), 2) == std::vector<float>{0.25F, 1.0F, 0.0F, 0.25F, 1.0F, 0.0F});
  CHECK(score(*head, {}, 1) == std::vector<float>{0.25F, 1.0F, 0.0F});
}

TEST_CASE("a linear head is weight times embedding plus bias, clamped to [0, 1]") {
  for (const auto& [dimension, models] :
       {std::pair<std::size_t, std::size_t>{1, 1}, {7, 3}, {384, 11}, {33, 40}}) {
    CAPTURE(dimension);
    const LinearHeadSpec spec = linear_spec(dimension, models);
    const std::size_t count = 19;
    const std::vector<float> embeddings = random_floats(count * dimension, 1);
    std::vector<double> expected;
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t c = 0; c < models; ++c) {
        expected.push_back(inner(&embeddings[i * dimension], &spec.weight[c * dimension], dimension) +
                           spec.bias[c]);
      }
    }
    check_head(spec, embeddings, count, expected);
  }
}

TEST_CASE("a pairwise head is sigmoid(bias + u relu(W e + m)) for every pair") {
  for (const std::size_t count : {1, 3, 64, 65}) {
    CAPTURE(count);
    const PairwiseHeadSpec spec = pairwise_spec(20, 37, 5);
    const std::vector<float> embeddings = random_floats(count * 20, 1);
    std::vector<double> expected;
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t c = 0; c < 5; ++c) {
        double sum = spec.out_bias[c];
        for (std::size_t j = 0; j < 37; ++j) {
          const double unit =
              inner(&embeddings[i * 20], &spec.prompt_weight[j * 20], 20) + spec.model_part[c * 37 + j];
          sum += spec.out_weight[j] * std::max(unit, 0.0);
        }
        expected.push_back(1.0 / (1.0 + std::exp(-sum)));
      }
    }
    check_head(spec, embeddings, count, expected);
  }
}

TEST_CASE("an mlp head is sigmoid of dense layers with relu between them, over block borders too") {
  for (const auto& widths : std::vector<std::vector<std::size_t>>{
           {1, 1}, {20, 7}, {20, 37, 5}, {33, 64, 3, 18}, {7, 3, 50, 9, 2}}) {
    CAPTURE(widths.size());
    const MlpHeadSpec spec = mlp_spec(widths);
    for (const std::size_t count : {1, 3, 64, 67}) {
      CAPTURE(count);
      const std::vector<float> embeddings = random_floats(count * spec.dimension, 1);
      std::vector<double> expected;
      for (std::size_t i = 0; i < count; ++i) {
        const std::vector<double> row = plain_mlp_scores(spec, &embeddings[i * spec.dimension]);
        expected.insert(expected.end(), row.begin(), row.end());
      }
      check_head(spec, embeddings, count, expected);
    }
  }
}

TEST_CASE("a neighbour head averages the scores of the k nearest, over block borders too") {
  const std::size_t count = 18;
  for (const auto& [rows, k] : {std::pair<std::size_t, std::size_t>{1, 1}, {50, 7}, {50, 500}, {2100, 30}}) {
    CAPTURE(rows);
    NeighbourHeadSpec spec = neighbour_spec(12, rows, 4, k);
    const std::vector<float> embeddings = random_floats(count * 12, 1);
    check_head(spec, embeddings, count, plain_neighbour_scores(spec, embeddings, count));
    spec.temperature = 0;
    check_head(spec, embeddings, count, plain_neighbour_scores(spec, embeddings, count));
  }
}

TEST_CASE("of equally similar stored prompts the lower rows are taken") {
  // 1,500 rows cross a block border; every tenth is the same best key, in order.
  NeighbourHeadSpec spec{.dimension = 3,
                         .k = 120,
                         .temperature = 0,
                         .prior_weight = 0,
                         .keys = {},
                         .scores = {},
                         .prior = {0.5F}};
  for (int r = 0; r < 1500; ++r) {
    const bool best = r % 10 == 3;
    spec.keys.insert(spec.keys.end(), {best ? 0.3F : 0.1F, best ? 0.7F : 0.2F, 0.9F});
    spec.scores.push_back(best && r < 1200 ? 1.0F : 0.0F);
  }
  for (const KernelTable* table : available_kernel_tables()) {
    CAPTURE(table->name);
    CHECK(score(*Head::create(spec, *table), {0.9F, 0.8F, 0.7F}, 1) == std::vector<float>{1.0F});
  }
}

TEST_CASE("a model that no neighbour ran gets its prior, with or without prior weight") {
  NeighbourHeadSpec spec{.dimension = 1,
                         .k = 2,
                         .temperature = 0,
                         .prior_weight = 0,
                         .keys = {1.0F, 2.0F},
                         .scores = {kNan, 0.5F, kNan, kNan},
                         .prior = {0.75F, 0.25F}};
  CHECK(score(*Head::create(spec), {1.0F}, 1) == std::vector<float>{0.75F, 0.5F});
  spec.prior_weight = 1;
  CHECK(score(*Head::create(spec), {1.0F}, 1) == std::vector<float>{0.75F, 0.375F});
}

TEST_CASE("a temperature so low that all weights but the nearest vanish still divides by something") {
  NeighbourHeadSpec spec = neighbour_spec(12, 50, 2, 10);
  spec.temperature = 1e-30F;
  spec.prior_weight = 0;
  const std::vector<float> embeddings = random_floats(12, 1);
  check_head(spec, embeddings, 1, plain_neighbour_scores(spec, embeddings, 1));
}

TEST_CASE("a stack is the weighted sum of its members' scores, for embeddings of any count") {
  constexpr std::size_t kDimension = 19;
  constexpr std::size_t kModels = 5;
  const std::size_t count = 70;
  const std::vector<float> embeddings = random_floats(count * kDimension, 21);
  const auto linear = Head::create(linear_spec(kDimension, kModels));
  const auto pairwise = Head::create(pairwise_spec(kDimension, 33, kModels));
  const auto constant = Head::create(ConstantHeadSpec{{0.1F, 0.2F, 0.3F, 0.4F, 0.5F}});
  const std::vector<float> a = score(*linear, embeddings, count);
  const std::vector<float> b = score(*pairwise, embeddings, count);
  std::vector<double> expected(a.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    expected[i] = 0.5 * a[i] + 0.25 * b[i] + 0.25 * 0.1 * static_cast<double>(i % kModels + 1);
  check_head(StackHeadSpec{{linear, pairwise, constant}, {0.5F, 0.25F, 0.25F}}, embeddings, count, expected);
}

TEST_CASE("a calibrated head interpolates each model's curve between its knots, and reaches both ends") {
  const auto inner = Head::create(LinearHeadSpec{1, {1, 1}, {0, 0}});
  const CalibratedHeadSpec spec{inner, 4, {0, 0.3F, 0.3F, 1, 0.2F, 0.4F, 0.5F, 0.9F}};
  const std::vector<float> embeddings{-3, 0, 1.0F / 6, 0.5F, 1, 7};
  const std::vector<double> expected{0, 0.2, 0, 0.2, 0.15, 0.3, 0.3, 0.45, 1, 0.9, 1, 0.9};
  check_head(spec, embeddings, embeddings.size(), expected);
}

TEST_CASE("a standardised head bounds, weighs and normalises its features first") {
  const auto inner = Head::create(LinearHeadSpec{3, {1, 0, 0, 0, -1, 1}, {0, 0.5F}});
  const StandardisedHeadSpec spec{inner, {1, 0, 2}, {2, 1, 0.5F}, {1, 3, 1}};
  // (1, 0, 0), then (0, -1, 0) and (4, 12, -4) once bounded; the mean itself has no direction.
  const std::vector<float> embeddings{1.5F, 0, 2, 1, -0.5F, 2, 9, 7, -99, 1, 0, 2};
  const double norm = std::sqrt(176.0);
  const std::vector<double> expected{1, 0.5, 0, 1, 4 / norm, 0, 0, 0.5};
  check_head(spec, embeddings, 4, expected);
}

TEST_CASE("a projected head scores the product") {
  constexpr std::size_t kDimension = 19;
  const std::size_t count = 70;
  const std::vector<float> embeddings = random_floats(count * kDimension, 31);
  const std::vector<float> projection = random_floats(5 * kDimension, 32);
  std::vector<float> projected(count * 5);
  for (std::size_t i = 0; i < projected.size(); ++i) {
    double sum = 0;
    for (std::size_t d = 0; d < kDimension; ++d)
      sum += static_cast<double>(projection[i % 5 * kDimension + d]) * embeddings[i / 5 * kDimension + d];
    projected[i] = static_cast<float>(sum);
  }
  const auto inner = Head::create(linear_spec(5, 3));
  const std::vector<float> scores = score(*inner, projected, count);
  check_head(ProjectedHeadSpec{inner, kDimension, projection}, embeddings, count,
             std::vector<double>(scores.begin(), scores.end()));
}

// phi and what becomes of scores by it, in double.
std::vector<double> drawn(const FamiliarHeadSpec& spec, const std::vector<float>& embeddings,
                          std::size_t count) {
  const std::size_t components = spec.projection.size() / spec.dimension;
  const std::size_t models = spec.fallback.size();
  const std::vector<float> scores = score(*spec.inner, embeddings, count);
  std::vector<double> expected;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<double> similarities;
    for (std::size_t row = 0; row * components < spec.keys.size(); ++row) {
      double sum = 0;
      for (std::size_t c = 0; c < components; ++c) {
        sum += inner(&embeddings[i * spec.dimension], &spec.projection[c * spec.dimension], spec.dimension) *
               static_cast<double>(spec.keys[row * components + c]);
      }
      similarities.push_back(sum);
    }
    std::sort(similarities.rbegin(), similarities.rend());
    similarities.resize(std::min(spec.k, similarities.size()));
    const double phi = std::accumulate(similarities.begin(), similarities.end(), 0.0) /
                       static_cast<double>(similarities.size());
    double trust = spec.trust.front();
    for (std::size_t p = 1; p < spec.trust.size(); ++p) {
      const double from = spec.similarities[p - 1];
      const double to = spec.similarities[p];
      const double share = std::clamp((phi - from) / (to - from), 0.0, 1.0);
      if (phi > from) trust = spec.trust[p - 1] + share * (spec.trust[p] - spec.trust[p - 1]);
    }
    double beyond = 0;
    for (std::size_t model = 0; model < models; ++model)
      beyond += (scores[i * models + model] - spec.fallback[model]) / static_cast<double>(models);
    for (std::size_t model = 0; model < models; ++model) {
      const double base = spec.fallback[model] + beyond;
      expected.push_back(base + trust * (scores[i * models + model] - base));
    }
  }
  return expected;
}

TEST_CASE("a familiar head draws scores towards the fallback where no key is near") {
  const std::size_t count = 37;
  const std::vector<float> embeddings = random_floats(count * 19, 53);
  for (const auto& [rows, k] : {std::pair<std::size_t, std::size_t>{1, 1}, {7, 10}, {1500, 10}}) {
    CAPTURE(rows);
    const FamiliarHeadSpec spec = familiar_spec(rows, k);
    check_head(spec, embeddings, count, drawn(spec, embeddings, count));
  }
}

TEST_CASE(
    "a familiar head hands trusted scores through, and the fallback's differences where it trusts none") {
  const std::size_t count = 23;
  const std::vector<float> embeddings = random_floats(count * 19, 54);
  FamiliarHeadSpec spec = familiar_spec(70, 4);
  spec.similarities = {0};
  spec.trust = {1};
  CHECK(score(*Head::create(spec), embeddings, count) == score(*spec.inner, embeddings, count));
  spec.trust = {0};
  const std::vector<float> far = score(*Head::create(spec), embeddings, count);
  const std::vector<float> plain = score(*spec.inner, embeddings, count);
  for (std::size_t i = 0; i < count; ++i) {
    const double level = (plain[3 * i] + plain[3 * i + 1] + plain[3 * i + 2]) / 3.0 - 0.5;
    for (std::size_t model = 0; model < 3; ++model)
      CHECK(far[3 * i + model] ==
            doctest::Approx(std::clamp(spec.fallback[model] + level, 0.0, 1.0)).epsilon(1e-5));
  }
}

TEST_CASE("a join puts the columns of its members where its list says, for embeddings of any count") {
  constexpr std::size_t kDimension = 19;
  const std::size_t count = 70;
  const std::vector<float> embeddings = random_floats(count * kDimension, 31);
  const auto linear = Head::create(linear_spec(kDimension, 3));
  const auto constant = Head::create(ConstantHeadSpec{{0.125F}});
  const auto pairwise = Head::create(pairwise_spec(kDimension, 9, 2));
  const std::vector<float> a = score(*linear, embeddings, count);
  const std::vector<float> b = score(*pairwise, embeddings, count);
  const JoinHeadSpec spec{{linear, constant, pairwise}, {4, 0, 2, 5, 1, 3}};
  std::vector<double> expected;
  for (std::size_t i = 0; i < count; ++i) {
    expected.insert(expected.end(), {a[3 * i + 1], b[2 * i], a[3 * i + 2], b[2 * i + 1], a[3 * i], 0.125});
  }
  check_head(spec, embeddings, count, expected);
  // Columns are handed through as they are.
  const std::vector<float> joined = score(*Head::create(spec), embeddings, count);
  for (std::size_t i = 0; i < count; ++i) CHECK(joined[6 * i + 4] == a[3 * i]);
}

TEST_CASE("a mix is weight times the scores of another head plus bias, and a unit row hands one through") {
  constexpr std::size_t kDimension = 19;
  constexpr std::size_t kGiven = 7;
  const std::size_t count = 70;
  const std::vector<float> embeddings = random_floats(count * kDimension, 41);
  const auto base = Head::create(pairwise_spec(kDimension, 33, kGiven));
  const std::vector<float> given = score(*base, embeddings, count);
  MixHeadSpec spec{base, random_floats(3 * kGiven, 42, 0.4F), {0.0F, 0.2F, -0.3F}};
  std::fill_n(spec.weight.begin(), kGiven, 0.0F);
  spec.weight[5] = 1.0F;
  std::vector<double> expected;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t c = 0; c < 3; ++c)
      expected.push_back(inner(&given[i * kGiven], &spec.weight[c * kGiven], kGiven) + spec.bias[c]);
  }
  check_head(spec, embeddings, count, expected);
  for (const KernelTable* table : available_kernel_tables()) {
    CAPTURE(table->name);
    const auto own = Head::create(pairwise_spec(kDimension, 33, kGiven), *table);
    const std::vector<float> passed = score(*own, embeddings, count);
    spec.inner = own;
    const std::vector<float> mixed = score(*Head::create(spec, *table), embeddings, count);
    for (std::size_t i = 0; i < count; ++i) CHECK(mixed[3 * i] == passed[kGiven * i + 5]);
  }
}

TEST_CASE("an adapter moves a prompt by up relu(down x + bias) before its inner head sees it") {
  constexpr std::size_t kDimension = 20;
  constexpr std::size_t kBottleneck = 3;
  for (const std::size_t count : {1, 3, 64, 65}) {
    CAPTURE(count);
    const LinearHeadSpec linear = linear_spec(kDimension, 5);
    const AdapterHeadSpec spec{Head::create(linear),
                               kDimension,
                               kBottleneck,
                               random_floats(kBottleneck * kDimension, 51, 0.5F),
                               random_floats(kBottleneck, 52),
                               random_floats(kDimension * kBottleneck, 53, 0.5F)};
    const std::vector<float> embeddings = random_floats(count * kDimension, 54);
    std::vector<double> expected;
    for (std::size_t i = 0; i < count; ++i) {
      const std::vector<double> x = adapted(spec, &embeddings[i * kDimension]);
      for (std::size_t c = 0; c < 5; ++c) {
        double sum = linear.bias[c];
        for (std::size_t d = 0; d < kDimension; ++d) sum += x[d] * linear.weight[c * kDimension + d];
        expected.push_back(sum);
      }
    }
    check_head(spec, embeddings, count, expected);
  }
}

}  // namespace
}  // namespace pointsman::test
