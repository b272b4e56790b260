#include <utility>

#include "base/error.h"
#include "model/head_checks.h"
#include "model/head_kinds.h"
#include "model/head_steps.h"
#include "model/packed_matrix.h"

namespace pointsman {
namespace {

class LinearHead final : public Head {
 public:
  LinearHead(LinearHeadSpec spec, const KernelTable& table)
      : weight_(spec.weight, spec.bias.size(), spec.dimension, table), bias_(std::move(spec.bias)) {}

  std::size_t dimension() const noexcept override { return weight_.cols(); }
  std::size_t num_models() const noexcept override { return weight_.rows(); }
  std::size_t num_floats() const noexcept override { return weight_.rows() * weight_.cols() + bias_.size(); }

  void score(std::span<const float> embeddings, std::size_t count, std::span<float> out) const override {
    check_score_call(*this, embeddings, count, out);
    weight_.multiply(embeddings.data(), count, bias_.data(), out.data());
    clamp_scores(out);
  }

  void compile(HeadProgram& program, std::uint32_t from, std::uint32_t to) const override {
    program.add(dense_step(from, to, weight_, HeadActivation::kClamp), {weight_.values(), bias_});
  }

 private:
  PackedMatrix weight_;
  std::vector<float> bias_;
};

}  // namespace

std::shared_ptr<const Head> make_head(LinearHeadSpec spec, const KernelTable& table) {
  if (spec.bias.empty() || spec.dimension == 0) {
    throw Error(ErrorCode::kInvalidArgument, "linear head: expected at least one model and one dimension");
  }
  check_matrix("linear head: weight", spec.weight.size(), spec.bias.size(), spec.dimension);
  check_finite("linear head: weight", spec.weight);
  check_finite("linear head: bias", spec.bias);
  return std::make_shared<const LinearHead>(std::move(spec), table);
}

}  // namespace pointsman
