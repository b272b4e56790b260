#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "base/error.h"
#include "model/head_checks.h"
#include "model/head_kinds.h"
#include "model/head_steps.h"
#include "model/key_store.h"
#include "model/packed_matrix.h"

namespace pointsman {
namespace {

class FamiliarHead final : public Head {
 public:
  FamiliarHead(FamiliarHeadSpec spec, const KernelTable& table)
      : inner_(std::move(spec.inner)),
        k_(spec.k),
        projection_(spec.projection, spec.projection.size() / spec.dimension, spec.dimension, table),
        keys_(spec.keys, projection_.rows(), table),
        similarities_(std::move(spec.similarities)),
        trust_(std::move(spec.trust)),
        fallback_(std::move(spec.fallback)) {}

  std::size_t dimension() const noexcept override { return projection_.cols(); }
  std::size_t num_models() const noexcept override { return fallback_.size(); }
  std::size_t num_floats() const noexcept override {
    return inner_->num_floats() + projection_.rows() * projection_.cols() + keys_.rows() * keys_.dimension() +
           2 * trust_.size() + fallback_.size();
  }

  void score(std::span<const float> embeddings, std::size_t count, std::span<float> out) const override {
    check_score_call(*this, embeddings, count, out);
    inner_->score(embeddings, count, out);
    std::vector<float> projected(count * projection_.rows());
    projection_.multiply(embeddings.data(), count, nullptr, projected.data());
    keys_.visit_nearest(projected.data(), count, k_, [&](std::size_t i, const auto& nearest) {
      draw(trust_at(mean_similarity(nearest)), out.subspan(i * num_models(), num_models()));
    });
    clamp_scores(out);
  }

  void compile(HeadProgram& program, std::uint32_t from, std::uint32_t to) const override {
    inner_->compile(program, from, to);
    const HeadProgram::Part projected(program, projection_.rows());
    program.add(dense_step(from, projected.at(), projection_, HeadActivation::kNone),
                {projection_.values(), std::vector<float>(projection_.rows())});
    program.add({.kind = HeadStepKind::kFamiliar,
                 .from = projected.at(),
                 .to = to,
                 .inputs = narrow_count(projection_.rows()),
                 .outputs = narrow_count(num_models()),
                 .count = narrow_count(keys_.rows()),
                 .nearest = narrow_count(std::min(k_, keys_.rows())),
                 .points = narrow_count(similarities_.size())},
                {keys_.values(), similarities_, trust_, fallback_});
  }

 private:
  static double mean_similarity(const std::vector<Neighbour>& nearest) {
    double sum = 0.0;
    for (const Neighbour& one : nearest) sum += static_cast<double>(one.similarity);
    return sum / static_cast<double>(nearest.size());
  }

  double trust_at(double familiarity) const {
    const auto above = std::lower_bound(similarities_.begin(), similarities_.end(), familiarity);
    if (above == similarities_.begin()) return static_cast<double>(trust_.front());
    if (above == similarities_.end()) return static_cast<double>(trust_.back());
    const auto right = static_cast<std::size_t>(above - similarities_.begin());
    const auto from = static_cast<double>(similarities_[right - 1]);
    const auto low = static_cast<double>(trust_[right - 1]);
    const double share = (familiarity - from) / (static_cast<double>(*above) - from);
    return low + share * (static_cast<double>(trust_[right]) - low);
  }

  // Scores that are trusted wholly come through bit for bit.
  void draw(double trust, std::span<float> scores) const {
    if (trust == 1.0) return;
    double beyond = 0.0;  // the mean of what the scores say beyond the fallback
    for (std::size_t model = 0; model < scores.size(); ++model)
      beyond += static_cast<double>(scores[model]) - static_cast<double>(fallback_[model]);
    beyond /= static_cast<double>(scores.size());
    for (std::size_t model = 0; model < scores.size(); ++model) {
      const auto fallback = static_cast<double>(fallback_[model]);
      const double own = static_cast<double>(scores[model]) - fallback - beyond;
      scores[model] = static_cast<float>(fallback + beyond + trust * own);
    }
  }

  std::shared_ptr<const Head> inner_;
  std::size_t k_;
  PackedMatrix projection_;
  KeyStore keys_;
  std::vector<float> similarities_;
  std::vector<float> trust_;
  std::vector<float> fallback_;
};

void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, "familiar head: " + what);
}

void check_curve(const FamiliarHeadSpec& spec) {
  if (spec.similarities.empty()) refuse("similarities: expected at least one");
  check_count("familiar head: trust", spec.trust.size(), spec.similarities.size());
  check_finite("familiar head: similarities", spec.similarities);
  check_finite("familiar head: trust", spec.trust);
  const auto& points = spec.similarities;
  if (std::adjacent_find(points.begin(), points.end(), std::greater_equal<>()) != points.end())
    refuse("similarities: expected ascending ones, each only once");
  if (std::any_of(spec.trust.begin(), spec.trust.end(), [](float t) { return t < 0.0F || t > 1.0F; }))
    refuse("trust: expected numbers in [0, 1]");
}

}  // namespace

std::shared_ptr<const Head> make_head(FamiliarHeadSpec spec, const KernelTable& table) {
  if (spec.inner == nullptr) refuse("no inner head");
  if (spec.dimension == 0 || spec.k == 0 || spec.projection.empty() || spec.keys.empty())
    refuse("expected at least one dimension, one component, one stored prompt and k of at least 1");
  const std::size_t inner = spec.inner->dimension();
  if (inner != 0) check_count("familiar head: dimension", spec.dimension, inner);
  check_count("familiar head: fallback", spec.fallback.size(), spec.inner->num_models());
  if (spec.projection.size() % spec.dimension != 0)
    refuse("projection: expected a multiple of the dimension, " + std::to_string(spec.dimension) + ", got " +
           std::to_string(spec.projection.size()) + " values");
  const std::size_t components = spec.projection.size() / spec.dimension;
  if (spec.keys.size() % components != 0)
    refuse("keys: expected a multiple of the components, " + std::to_string(components) + ", got " +
           std::to_string(spec.keys.size()) + " values");
  check_finite("familiar head: projection", spec.projection);
  check_finite("familiar head: keys", spec.keys);
  check_finite("familiar head: fallback", spec.fallback);
  check_curve(spec);
  return std::make_shared<const FamiliarHead>(std::move(spec), table);
}

}  // namespace pointsman
