#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "model/head_checks.h"
#include "model/head_kinds.h"
#include "model/head_steps.h"

namespace pointsman {
namespace {

class StackHead final : public Head {
 public:
  StackHead(StackHeadSpec spec, std::size_t dimension)
      : members_(std::move(spec.members)), weights_(std::move(spec.weights)), dimension_(dimension) {}

  std::size_t dimension() const noexcept override { return dimension_; }
  std::size_t num_models() const noexcept override { return members_.front()->num_models(); }
  std::size_t num_floats() const noexcept override {
    std::size_t floats = weights_.size();
    for (const auto& member : members_) floats += member->num_floats();
    return floats;
  }

  void score(std::span<const float> embeddings, std::size_t count, std::span<float> out) const override {
    check_score_call(*this, embeddings, count, out);
    std::fill(out.begin(), out.end(), 0.0F);
    std::vector<float> scores(out.size());
    for (std::size_t k = 0; k < members_.size(); ++k) {
      members_[k]->score(embeddings, count, scores);
      for (std::size_t i = 0; i < out.size(); ++i) out[i] += weights_[k] * scores[i];
    }
    clamp_scores(out);
  }

  void compile(HeadProgram& program, std::uint32_t from, std::uint32_t to) const override {
    const HeadProgram::Part scores(program, members_.size() * num_models());
    std::uint32_t own = scores.at();
    for (const auto& member : members_) {
      member->compile(program, from, own);
      own += narrow_count(num_models());
    }
    program.add({.kind = HeadStepKind::kWeightedSum,
                 .from = scores.at(),
                 .to = to,
                 .outputs = narrow_count(num_models()),
                 .count = narrow_count(members_.size())},
                {weights_});
  }

 private:
  std::vector<std::shared_ptr<const Head>> members_;
  std::vector<float> weights_;
  std::size_t dimension_;
};

}  // namespace

std::shared_ptr<const Head> make_head(StackHeadSpec spec, const KernelTable&) {
  const std::size_t dimension = shared_dimension("stack head", spec.members);
  for (std::size_t k = 0; k < spec.members.size(); ++k) {
    check_count("stack head: member " + std::to_string(k) + ": models", spec.members[k]->num_models(),
                spec.members.front()->num_models());
  }
  check_count("stack head: weights", spec.weights.size(), spec.members.size());
  check_finite("stack head: weights", spec.weights);
  const auto negative =
      std::find_if(spec.weights.begin(), spec.weights.end(), [](float weight) { return weight < 0.0F; });
  if (negative != spec.weights.end()) {
    throw Error(ErrorCode::kInvalidArgument,
                "stack head: expected weights of at least 0, got " + std::to_string(*negative));
  }
  return std::make_shared<const StackHead>(std::move(spec), dimension);
}

}  // namespace pointsman
