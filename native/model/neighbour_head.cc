#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/error.h"
#include "model/head_checks.h"
#include "model/head_kinds.h"
#include "model/nearest.h"
#include "model/packed_matrix.h"

namespace pointsman {
namespace {

// Similarities in flight: 16 prompts by 1,024 keys are 64 KiB. A key block is read once for 16 prompts, which
// makes a product over a large store compute bound rather than bound by memory.
constexpr std::size_t kPromptBlock = 16;
constexpr std::size_t kKeyBlock = 1024;

class NeighbourHead final : public Head {
 public:
  NeighbourHead(NeighbourHeadSpec spec, const KernelTable& table)
      : dimension_(spec.dimension),
        rows_(spec.keys.size() / spec.dimension),
        k_(std::min(spec.k, rows_)),
        temperature_(spec.temperature),
        prior_weight_(spec.prior_weight),
        scores_(std::move(spec.scores)),
        prior_(std::move(spec.prior)) {
    for (std::size_t first = 0; first < rows_; first += kKeyBlock) {
      const std::size_t rows = std::min(kKeyBlock, rows_ - first);
      const auto keys = std::span<const float>(spec.keys).subspan(first * dimension_, rows * dimension_);
      key_blocks_.emplace_back(keys, rows, dimension_, table);
    }
  }

  std::size_t dimension() const noexcept override { return dimension_; }
  std::size_t num_models() const noexcept override { return prior_.size(); }
  std::size_t num_floats() const noexcept override {
    return rows_ * dimension_ + scores_.size() + prior_.size();
  }

  void score(std::span<const float> embeddings, std::size_t count, std::span<float> out) const override {
    check_score_call(*this, embeddings, count, out);
    for (std::size_t first = 0; first < count; first += kPromptBlock) {
      const std::size_t prompts = std::min(kPromptBlock, count - first);
      std::vector<Nearest> nearest = find_nearest(embeddings.data() + first * dimension_, prompts);
      for (std::size_t i = 0; i < prompts; ++i) {
        average(nearest[i].take(), out.subspan((first + i) * num_models(), num_models()));
      }
    }
    clamp_scores(out);
  }

 private:
  std::vector<Nearest> find_nearest(const float* prompts, std::size_t count) const {
    std::vector<Nearest> nearest(count, Nearest(k_));
    std::vector<float> similarities(count * std::min(kKeyBlock, rows_));
    std::size_t first_row = 0;
    for (const PackedMatrix& keys : key_blocks_) {
      keys.multiply(prompts, count, nullptr, similarities.data());
      check_finite("similarities (inner products of embeddings and keys)",
                   {similarities.data(), count * keys.rows()});
      for (std::size_t i = 0; i < count; ++i) {
        const float* row = similarities.data() + i * keys.rows();
        for (std::size_t j = 0; j < keys.rows(); ++j) nearest[i].offer({row[j], first_row + j});
      }
      first_row += keys.rows();
    }
    return nearest;
  }

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

  std::size_t dimension_;
  std::size_t rows_;
  std::size_t k_;
  float temperature_;
  float prior_weight_;
  std::vector<PackedMatrix> key_blocks_;
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
