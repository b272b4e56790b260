#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/l2_normalize.h"
#include "model/head_checks.h"
#include "model/head_kinds.h"
#include "model/head_steps.h"

namespace pointsman {
namespace {

// Deviations beyond which a value counts as this many: one unusual feature must not drown the others.
constexpr float kMostDeviations = 4.0F;

class StandardisedHead final : public Head {
 public:
  explicit StandardisedHead(StandardisedHeadSpec spec) : spec_(std::move(spec)) {}

  std::size_t dimension() const noexcept override { return spec_.mean.size(); }
  std::size_t num_models() const noexcept override { return spec_.inner->num_models(); }
  std::size_t num_floats() const noexcept override { return 3 * dimension() + spec_.inner->num_floats(); }

  void score(std::span<const float> embeddings, std::size_t count, std::span<float> out) const override {
    check_score_call(*this, embeddings, count, out);
    std::vector<float> features(embeddings.size());
    for (std::size_t row = 0; row < embeddings.size(); row += dimension()) {
      for (std::size_t d = 0; d < dimension(); ++d) {
        const float deviations = (embeddings[row + d] - spec_.mean[d]) * spec_.scale[d];
        features[row + d] = std::clamp(deviations, -kMostDeviations, kMostDeviations) * spec_.weight[d];
      }
    }
    l2_normalize_rows(features, dimension());
    spec_.inner->score(features, count, out);
  }

  void compile(HeadProgram& program, std::uint32_t from, std::uint32_t to) const override {
    const HeadProgram::Part features(program, dimension());
    program.add({.kind = HeadStepKind::kStandardise,
                 .from = from,
                 .to = features.at(),
                 .inputs = narrow_count(dimension())},
                {spec_.mean, spec_.scale, spec_.weight});
    spec_.inner->compile(program, features.at(), to);
  }

 private:
  StandardisedHeadSpec spec_;
};

}  // namespace

std::shared_ptr<const Head> make_head(StandardisedHeadSpec spec, const KernelTable&) {
  if (spec.inner == nullptr) throw Error(ErrorCode::kInvalidArgument, "standardised head: no inner head");
  if (spec.mean.empty())
    throw Error(ErrorCode::kInvalidArgument, "standardised head: expected at least one dimension");
  const std::size_t inner = spec.inner->dimension();
  if (inner != 0) check_count("standardised head: mean", spec.mean.size(), inner);
  check_count("standardised head: scale", spec.scale.size(), spec.mean.size());
  check_count("standardised head: weight", spec.weight.size(), spec.mean.size());
  check_finite("standardised head: mean", spec.mean);
  check_finite("standardised head: scale", spec.scale);
  check_finite("standardised head: weight", spec.weight);
  return std::make_shared<const StandardisedHead>(std::move(spec));
}

}  // namespace pointsman
