#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/error.h"
#include "model/head_checks.h"
#include "model/head_kinds.h"
#include "model/head_steps.h"
#include "model/key_store.h"

namespace pointsman {
namespace {

class NeighbourHead final : public Head {
 public:
  NeighbourHead(NeighbourHeadSpec spec, const KernelTable& table)
      : keys_(spec.keys, spec.dimension, table),
        k_(spec.k),
        temperature_(spec.temperature),
        prior_weight_(spec.prior_weight),
        scores_(std::move(spec.scores)),
        prior_(std::move(spec.prior)) {}

  std::size_t dimension() const noexcept override { return keys_.dimension(); }
  std::size_t num_models() const noexcept override { return prior_.size(); }
  std::size_t num_floats() const noexcept override {
    return keys_.rows() * keys_.dimension() + scores_.size() + prior_.size();
  }

  void score(std::span<const float> embeddings, std::size_t count, std::span<float> out) const override {
    check_score_call(*this, embeddings, count, out);
    keys_.visit_nearest(embeddings.data(), count, k_, [&](std::size_t i, const auto& nearest) {
      average(nearest, out.subspan(i * num_models(), num_models()));
    });
    clamp_scores(out);
  }

  void compile(HeadProgram& program, std::uint32_t from, std::uint32_t to) const override {
    const HeadProgram::Part weights(program, num_models());
    program.add({.kind = HeadStepKind::kNeighbours,
                 .from = from,
                 .to = to,
                 .also = weights.at(),
                 .inputs = narrow_count(dimension()),
                 .outputs = narrow_count(num_models()),
                 .count = narrow_count(keys_.rows()),
                 .nearest = narrow_count(std::min(k_, keys_.rows())),
                 .scalars = {temperature_, prior_weight_}},
                {keys_.values(), scores_, prior_});
  }

 private:
  double weight_of(const Neighbour& neighbour, const Neighbour& nearest) const {
    if (temperature_ == 0.0F) return 1.0;
    return std::exp((static_cast<double>(neighbour.similarity) - nearest.similarity) / temperature_);
  }

  // Sums in double and in order of nearness, so that the result does not depend on how the heap was filled.
  void average(const std::vector<Neighbour>& neighbours, std::span<float> out) const {
    std::vector<double> weights;
    weights.reserve(neighbours.size());
    for (const Neighbour& neighbour : neighbours) weights.push_back(weight_of(neighbour, neighbours.front()));
    for (std::size_t model = 0; model < num_models(); ++model) {
      double sum = static_cast<double>(prior_weight_) * prior_[model];
      double weight = prior_weight_;
      for (std::size_t i = 0; i < neighbours.size(); ++i) {
        const float score = scores_[neighbours[i].row * num_models() + model];
        if (std::isnan(score)) continue;
        sum += weights[i] * score;
        weight += weights[i];
      }
      out[model] = weight > 0.0 ? static_cast<float>(sum / weight) : prior_[model];
    }
  }

  KeyStore keys_;
  std::size_t k_;
  float temperature_;
  float prior_weight_;
  std::vector<float> scores_;
  std::vector<float> prior_;
};

void check_not_negative(const std::string& what, float value) {
  if (std::isfinite(value) && value >= 0.0F) return;
  throw Error(ErrorCode::kInvalidArgument,
              what + ": expected a finite number of at least 0, got " + std::to_string(value));
}

void check_cells(const std::vector<float>& scores) {
  const auto bad = std::find_if(scores.begin(), scores.end(), [](float x) { return std::isinf(x); });
  if (bad == scores.end()) return;
  throw Error(ErrorCode::kInvalidArgument,
              "neighbour head: scores: expected finite numbers or NaN for a missing " +
                  std::string("cell, element ") + std::to_string(bad - scores.begin()) + " is infinite");
}

}  // namespace

std::shared_ptr<const Head> make_head(NeighbourHeadSpec spec, const KernelTable& table) {
  if (spec.prior.empty() || spec.dimension == 0 || spec.keys.empty() || spec.k == 0) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "neighbour head: expected at least one model, one dimension, one stored prompt and k of at least 1");
  }
  if (spec.keys.size() % spec.dimension != 0) {
    throw Error(ErrorCode::kInvalidArgument, "neighbour head: keys: expected a multiple of the dimension, " +
                                                 std::to_string(spec.dimension) + ", got " +
                                                 std::to_string(spec.keys.size()) + " values");
  }
  const std::size_t rows = spec.keys.size() / spec.dimension;
  check_matrix("neighbour head: scores", spec.scores.size(), rows, spec.prior.size());
  check_finite("neighbour head: keys", spec.keys);
  check_finite("neighbour head: prior", spec.prior);
  check_cells(spec.scores);
  check_not_negative("neighbour head: temperature", spec.temperature);
  check_not_negative("neighbour head: prior weight", spec.prior_weight);
  return std::make_shared<const NeighbourHead>(std::move(spec), table);
}

}  // namespace pointsman
