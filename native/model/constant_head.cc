#include <algorithm>
#include <utility>

#include "base/error.h"
#include "model/head_checks.h"
#include "model/head_kinds.h"
#include "model/head_steps.h"

namespace pointsman {
namespace {

class ConstantHead final : public Head {
 public:
  explicit ConstantHead(ConstantHeadSpec spec) : scores_(std::move(spec.scores)) { clamp_scores(scores_); }

  std::size_t dimension() const noexcept override { return 0; }
  std::size_t num_models() const noexcept override { return scores_.size(); }
  std::size_t num_floats() const noexcept override { return scores_.size(); }

  void score(std::span<const float> embeddings, std::size_t count, std::span<float> out) const override {
    check_score_call(*this, embeddings, count, out);
    for (std::size_t i = 0; i < count; ++i)
      std::copy(scores_.begin(), scores_.end(), out.begin() + i * num_models());
  }

  void compile(HeadProgram& program, std::uint32_t, std::uint32_t to) const override {
    program.add({.kind = HeadStepKind::kConstant, .to = to, .outputs = narrow_count(num_models())},
                {scores_});
  }

 private:
  std::vector<float> scores_;
};

}  // namespace

std::shared_ptr<const Head> make_head(ConstantHeadSpec spec, const KernelTable&) {
  if (spec.scores.empty())
    throw Error(ErrorCode::kInvalidArgument, "constant head: expected at least one model");
  check_finite("constant head: scores", spec.scores);
  return std::make_shared<const ConstantHead>(std::move(spec));
}

}  // namespace pointsman
