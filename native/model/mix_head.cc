#include <utility>
#include <vector>

#include "base/error.h"
#include "model/head_checks.h"
#include "model/head_kinds.h"
#include "model/head_steps.h"
#include "model/packed_matrix.h"

namespace pointsman {
namespace {

class MixHead final : public Head {
 public:
  MixHead(MixHeadSpec spec, const KernelTable& table)
      : inner_(std::move(spec.inner)),
        weight_(spec.weight, spec.bias.size(), inner_->num_models(), table),
        bias_(std::move(spec.bias)) {}

  std::size_t dimension() const noexcept override { return inner_->dimension(); }
  std::size_t num_models() const noexcept override { return weight_.rows(); }
  std::size_t num_floats() const noexcept override {
    return inner_->num_floats() + weight_.rows() * weight_.cols() + bias_.size();
  }

  void score(std::span<const float> embeddings, std::size_t count, std::span<float> out) const override {
    check_score_call(*this, embeddings, count, out);
    std::vector<float> scores(count * inner_->num_models());
    inner_->score(embeddings, count, scores);
    weight_.multiply(scores.data(), count, bias_.data(), out.data());
    clamp_scores(out);
  }

  void compile(HeadProgram& program, std::uint32_t from, std::uint32_t to) const override {
    const HeadProgram::Part scores(program, inner_->num_models());
    inner_->compile(program, from, scores.at());
    program.add(dense_step(scores.at(), to, weight_, HeadActivation::kClamp), {weight_.values(), bias_});
  }

 private:
  std::shared_ptr<const Head> inner_;
  PackedMatrix weight_;
  std::vector<float> bias_;
};

}  // namespace

std::shared_ptr<const Head> make_head(MixHeadSpec spec, const KernelTable& table) {
  if (spec.inner == nullptr) throw Error(ErrorCode::kInvalidArgument, "mix head: no inner head");
  if (spec.bias.empty()) throw Error(ErrorCode::kInvalidArgument, "mix head: expected at least one model");
  check_matrix("mix head: weight", spec.weight.size(), spec.bias.size(), spec.inner->num_models());
  check_finite("mix head: weight", spec.weight);
  check_finite("mix head: bias", spec.bias);
  return std::make_shared<const MixHead>(std::move(spec), table);
}

}  // namespace pointsman
