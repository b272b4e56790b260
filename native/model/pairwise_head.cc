#include <algorithm>
#include <utility>

#include "base/error.h"
#include "model/head_checks.h"
#include "model/head_kinds.h"
#include "model/head_steps.h"
#include "model/packed_matrix.h"

namespace pointsman {
namespace {

// Prompts per step: enough for the product to be compute bound, and at a few hundred hidden units the prompt
// part of a step stays in L1 and L2 while every model passes over it.
constexpr std::size_t kRowBlock = 64;

class PairwiseHead final : public Head {
 public:
  PairwiseHead(PairwiseHeadSpec spec, const KernelTable& table)
      : table_(&table),
        prompt_weight_(spec.prompt_weight, spec.hidden, spec.dimension, table),
        model_part_(std::move(spec.model_part)),
        out_weight_(std::move(spec.out_weight)),
        out_bias_(std::move(spec.out_bias)) {}

  std::size_t dimension() const noexcept override { return prompt_weight_.cols(); }
  std::size_t num_models() const noexcept override { return out_bias_.size(); }
  std::size_t num_floats() const noexcept override {
    return prompt_weight_.rows() * prompt_weight_.cols() + model_part_.size() + out_weight_.size() +
           out_bias_.size();
  }

  void score(std::span<const float> embeddings, std::size_t count, std::span<float> out) const override {
    check_score_call(*this, embeddings, count, out);
    const std::size_t hidden = prompt_weight_.rows();
    AlignedBuffer<float> prompt_part(std::min(count, kRowBlock) * hidden);
    for (std::size_t first = 0; first < count; first += kRowBlock) {
      const std::size_t rows = std::min(kRowBlock, count - first);
      prompt_weight_.multiply(embeddings.data() + first * dimension(), rows, nullptr, prompt_part.data());
      table_->pairwise_head({.prompt = prompt_part.data(),
                             .model = model_part_.data(),
                             .u = out_weight_.data(),
                             .bias = out_bias_.data(),
                             .out = out.data() + first * num_models(),
                             .rows = rows,
                             .models = num_models(),
                             .hidden = hidden});
    }
    table_->activate(Activation::kSigmoid, out.data(), out.size());
    clamp_scores(out);
  }

  void compile(HeadProgram& program, std::uint32_t from, std::uint32_t to) const override {
    const std::size_t hidden = prompt_weight_.rows();
    const HeadProgram::Part prompt(program, hidden);
    program.add(dense_step(from, prompt.at(), prompt_weight_, HeadActivation::kNone),
                {prompt_weight_.values(), std::vector<float>(hidden)});
    program.add({.kind = HeadStepKind::kPairwise,
                 .from = prompt.at(),
                 .to = to,
                 .inputs = narrow_count(hidden),
                 .outputs = narrow_count(num_models()),
                 .activation = HeadActivation::kSigmoid},
                {model_part_, out_weight_, out_bias_});
  }

 private:
  const KernelTable* table_;
  PackedMatrix prompt_weight_;
  std::vector<float> model_part_;
  std::vector<float> out_weight_;
  std::vector<float> out_bias_;
};

}  // namespace

std::shared_ptr<const Head> make_head(PairwiseHeadSpec spec, const KernelTable& table) {
  const std::size_t models = spec.out_bias.size();
  if (models == 0 || spec.dimension == 0 || spec.hidden == 0) {
    throw Error(ErrorCode::kInvalidArgument,
                "pairwise head: expected at least one model, one dimension and one hidden unit");
  }
  check_matrix("pairwise head: prompt weight", spec.prompt_weight.size(), spec.hidden, spec.dimension);
  check_matrix("pairwise head: model part", spec.model_part.size(), models, spec.hidden);
  check_count("pairwise head: out weight", spec.out_weight.size(), spec.hidden);
  check_finite("pairwise head: prompt weight", spec.prompt_weight);
  check_finite("pairwise head: model part", spec.model_part);
  check_finite("pairwise head: out weight", spec.out_weight);
  check_finite("pairwise head: out bias", spec.out_bias);
  return std::make_shared<const PairwiseHead>(std::move(spec), table);
}

}  // namespace pointsman
