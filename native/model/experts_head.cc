#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "base/error.h"
#include "model/head_checks.h"
#include "model/head_kinds.h"
#include "model/head_steps.h"
#include "model/packed_matrix.h"

namespace pointsman {
namespace {

// Prompts per step, as for the pairwise head.
constexpr std::size_t kRowBlock = 64;

class ExpertsHead final : public Head {
 public:
  ExpertsHead(ExpertsHeadSpec spec, const KernelTable& table)
      : table_(&table),
        prompt_weight_(spec.general.prompt_weight, spec.general.hidden, spec.general.dimension, table),
        model_part_(std::move(spec.general.model_part)),
        out_weight_(std::move(spec.general.out_weight)),
        out_bias_(std::move(spec.general.out_bias)),
        task_weight_(spec.task_weight, spec.task_bias.size(), spec.general.dimension, table),
        task_bias_(std::move(spec.task_bias)),
        confidence_(spec.confidence),
        first_expert_(spec.expert_counts.size() + 1),
        expert_models_(std::move(spec.expert_models)),
        expert_part_(std::move(spec.expert_part)),
        expert_bias_(std::move(spec.expert_bias)),
        alpha_(spec.alpha),
        prior_(std::move(spec.prior)) {
    std::partial_sum(spec.expert_counts.begin(), spec.expert_counts.end(), first_expert_.begin() + 1);
  }

  std::size_t dimension() const noexcept override { return prompt_weight_.cols(); }
  std::size_t num_models() const noexcept override { return out_bias_.size(); }
  std::size_t num_floats() const noexcept override {
    return (prompt_weight_.rows() + task_weight_.rows()) * dimension() + model_part_.size() +
           out_weight_.size() + out_bias_.size() + task_bias_.size() + expert_part_.size() +
           expert_bias_.size() + prior_.size();
  }

  void score(std::span<const float> embeddings, std::size_t count, std::span<float> out) const override {
    check_score_call(*this, embeddings, count, out);
    const std::size_t block = std::min(count, kRowBlock);
    AlignedBuffer<float> prompt_part(block * prompt_weight_.rows());
    std::vector<float> task_logits(block * task_bias_.size());
    std::vector<std::size_t> tasks(block);
    for (std::size_t first = 0; first < count; first += kRowBlock) {
      const std::size_t rows = std::min(kRowBlock, count - first);
      const float* prompts = embeddings.data() + first * dimension();
      const std::span<float> scores = out.subspan(first * num_models(), rows * num_models());
      task_weight_.multiply(prompts, rows, task_bias_.data(), task_logits.data());
      for (std::size_t i = 0; i < rows; ++i)
        tasks[i] = task_of({task_logits.data() + i * task_bias_.size(), task_bias_.size()});
      prompt_weight_.multiply(prompts, rows, nullptr, prompt_part.data());
      score_models(prompt_part.data(), {tasks.data(), rows}, scores);
    }
    clamp_scores(out);
  }

  void compile(HeadProgram& program, std::uint32_t from, std::uint32_t to) const override {
    const std::size_t hidden = prompt_weight_.rows();
    const HeadProgram::Part logits(program, task_bias_.size());
    const HeadProgram::Part prompt(program, hidden);
    program.add(dense_step(from, logits.at(), task_weight_, HeadActivation::kNone),
                {task_weight_.values(), task_bias_});
    program.add(dense_step(from, prompt.at(), prompt_weight_, HeadActivation::kNone),
                {prompt_weight_.values(), std::vector<float>(hidden)});
    HeadStep step = {.kind = HeadStepKind::kPairwise,
                     .from = prompt.at(),
                     .to = to,
                     .inputs = narrow_count(hidden),
                     .outputs = narrow_count(num_models())};
    program.add(step, {model_part_, out_weight_, out_bias_});
    step.kind = HeadStepKind::kExperts;
    step.also = logits.at();
    step.count = narrow_count(task_bias_.size());
    step.scalars[0] = confidence_;
    step.scalars[1] = alpha_;
    const std::vector<float> first(first_expert_.begin(), first_expert_.end());
    const std::vector<float> models(expert_models_.begin(), expert_models_.end());
    program.add(step, {out_weight_, first, prior_, models, expert_bias_, expert_part_});
  }

 private:
  // The task of the largest logit, the first of equals, or the number of tasks where its softmax is too low.
  std::size_t task_of(std::span<const float> logits) const {
    const auto largest = std::max_element(logits.begin(), logits.end());
    double sum = 0.0;
    for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - *largest);
    return 1.0 / sum >= confidence_ ? static_cast<std::size_t>(largest - logits.begin()) : logits.size();
  }

  // The general heads of all prompts at once; then the experts of each prompt's task in place of some.
  void score_models(const float* prompt_part, std::span<const std::size_t> tasks,
                    std::span<float> scores) const {
    pairwise(prompt_part, tasks.size(), model_part_.data(), out_bias_, scores.data());
    std::vector<float> own(num_models());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      const std::size_t task = tasks[i];
      if (task == task_bias_.size()) continue;
      const std::size_t first = first_expert_[task];
      const std::size_t experts = first_expert_[task + 1] - first;
      pairwise(prompt_part + i * prompt_weight_.rows(), 1,
               expert_part_.data() + first * prompt_weight_.rows(), {expert_bias_.data() + first, experts},
               own.data());
      for (std::size_t k = 0; k < experts; ++k) scores[i * num_models() + expert_models_[first + k]] = own[k];
    }
    table_->activate(Activation::kSigmoid, scores.data(), scores.size());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      const float* prior = prior_.data() + tasks[i] * num_models();
      for (std::size_t model = 0; model < num_models(); ++model) {
        float& score = scores[i * num_models() + model];
        score = alpha_ * score + (1.0F - alpha_) * prior[model];
      }
    }
  }

  void pairwise(const float* prompt_part, std::size_t rows, const float* model_part,
                std::span<const float> bias, float* out) const {
    if (bias.empty()) return;
    table_->pairwise_head({.prompt = prompt_part,
                           .model = model_part,
                           .u = out_weight_.data(),
                           .bias = bias.data(),
                           .out = out,
                           .rows = rows,
                           .models = bias.size(),
                           .hidden = prompt_weight_.rows()});
  }

  const KernelTable* table_;
  PackedMatrix prompt_weight_;
  std::vector<float> model_part_;
  std::vector<float> out_weight_;
  std::vector<float> out_bias_;
  PackedMatrix task_weight_;
  std::vector<float> task_bias_;
  float confidence_;
  std::vector<std::size_t> first_expert_;  // [tasks + 1]
  std::vector<std::size_t> expert_models_;
  std::vector<float> expert_part_;
  std::vector<float> expert_bias_;
  float alpha_;
  std::vector<float> prior_;
};

void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, "experts head: " + what);
}

void check_share(const std::string& what, float value) {
  if (!(value >= 0.0F && value <= 1.0F))
    refuse(what + ": expected a number in [0, 1], got " + std::to_string(value));
}

// A model has at most one expert for a task.
void check_experts(const ExpertsHeadSpec& spec, std::size_t models) {
  check_count("experts head: expert counts", spec.expert_counts.size(), spec.task_bias.size());
  std::size_t experts = 0;
  for (const std::size_t count : spec.expert_counts) {
    if (count > models)
      refuse("expert counts: expected at most " + std::to_string(models) + ", got " + std::to_string(count));
    experts += count;
  }
  check_count("experts head: expert models", spec.expert_models.size(), experts);
  check_matrix("experts head: expert part", spec.expert_part.size(), experts, spec.general.hidden);
  check_count("experts head: expert bias", spec.expert_bias.size(), experts);
  std::size_t first = 0;
  for (const std::size_t count : spec.expert_counts) {
    std::vector<bool> is_taken(models);
    for (std::size_t k = first; k < first + count; ++k) {
      const std::size_t model = spec.expert_models[k];
      if (model >= models || is_taken[model])
        refuse("expert models: expected models below " + std::to_string(models) + ", each once a task, got " +
               std::to_string(model));
      is_taken[model] = true;
    }
    first += count;
  }
}

}  // namespace

std::shared_ptr<const Head> make_head(ExpertsHeadSpec spec, const KernelTable& table) {
  make_head(spec.general, table);  // checks it
  const std::size_t models = spec.general.out_bias.size();
  const std::size_t tasks = spec.task_bias.size();
  if (tasks == 0) refuse("expected at least one task");
  check_matrix("experts head: task weight", spec.task_weight.size(), tasks, spec.general.dimension);
  check_share("confidence", spec.confidence);
  check_share("alpha", spec.alpha);
  check_experts(spec, models);
  check_matrix("experts head: prior", spec.prior.size(), tasks + 1, models);
  check_finite("experts head: task weight", spec.task_weight);
  check_finite("experts head: task bias", spec.task_bias);
  check_finite("experts head: expert part", spec.expert_part);
  check_finite("experts head: expert bias", spec.expert_bias);
  check_finite("experts head: prior", spec.prior);
  return std::make_shared<const ExpertsHead>(std::move(spec), table);
}

}  // namespace pointsman
