#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "model/head_checks.h"
#include "model/head_kinds.h"
#include "model/head_steps.h"

namespace pointsman {
namespace {

class CalibratedHead final : public Head {
 public:
  explicit CalibratedHead(CalibratedHeadSpec spec)
      : inner_(std::move(spec.inner)), knots_(spec.knots), curve_(std::move(spec.curve)) {}

  std::size_t dimension() const noexcept override { return inner_->dimension(); }
  std::size_t num_models() const noexcept override { return inner_->num_models(); }
  std::size_t num_floats() const noexcept override { return inner_->num_floats() + curve_.size(); }

  void score(std::span<const float> embeddings, std::size_t count, std::span<float> out) const override {
    inner_->score(embeddings, count, out);
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = interpolate(curve_.data() + (i % num_models()) * knots_, out[i]);
    clamp_scores(out);
  }

  void compile(HeadProgram& program, std::uint32_t from, std::uint32_t to) const override {
    inner_->compile(program, from, to);
    program.add({.kind = HeadStepKind::kCalibrate,
                 .from = to,
                 .to = to,
                 .outputs = narrow_count(num_models()),
                 .count = narrow_count(knots_)},
                {curve_});
  }

 private:
  // x in [0, 1], as every head's scores are.
  float interpolate(const float* curve, float x) const {
    const float position = x * static_cast<float>(knots_ - 1);
    const std::size_t below = std::min(static_cast<std::size_t>(position), knots_ - 2);
    const float share = position - static_cast<float>(below);
    return curve[below] + share * (curve[below + 1] - curve[below]);
  }

  std::shared_ptr<const Head> inner_;
  std::size_t knots_;
  std::vector<float> curve_;
};

}  // namespace

std::shared_ptr<const Head> make_head(CalibratedHeadSpec spec, const KernelTable&) {
  if (spec.inner == nullptr) throw Error(ErrorCode::kInvalidArgument, "calibrated head: no inner head");
  if (spec.knots < 2) throw Error(ErrorCode::kInvalidArgument, "calibrated head: expected at least 2 knots");
  const std::size_t models = spec.inner->num_models();
  check_matrix("calibrated head: curve", spec.curve.size(), models, spec.knots);
  check_finite("calibrated head: curve", spec.curve);
  for (std::size_t model = 0; model < models; ++model) {
    const auto begin = spec.curve.begin() + static_cast<std::ptrdiff_t>(model * spec.knots);
    if (std::is_sorted(begin, begin + static_cast<std::ptrdiff_t>(spec.knots))) continue;
    throw Error(ErrorCode::kInvalidArgument,
                "calibrated head: the curve of model " + std::to_string(model) + " falls");
  }
  return std::make_shared<const CalibratedHead>(std::move(spec));
}

}  // namespace pointsman
