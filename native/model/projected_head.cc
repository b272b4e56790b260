#include <utility>

#include "base/error.h"
#include "model/head_checks.h"
#include "model/head_kinds.h"
#include "model/head_steps.h"
#include "model/packed_matrix.h"

namespace pointsman {
namespace {

class ProjectedHead final : public Head {
 public:
  ProjectedHead(ProjectedHeadSpec spec, const KernelTable& table)
      : inner_(std::move(spec.inner)),
        projection_(spec.projection, inner_->dimension(), spec.dimension, table) {}

  std::size_t dimension() const noexcept override { return projection_.cols(); }
  std::size_t num_models() const noexcept override { return inner_->num_models(); }
  std::size_t num_floats() const noexcept override {
    return projection_.rows() * projection_.cols() + inner_->num_floats();
  }

  void score(std::span<const float> embeddings, std::size_t count, std::span<float> out) const override {
    check_score_call(*this, embeddings, count, out);
    std::vector<float> projected(count * projection_.rows());
    projection_.multiply(embeddings.data(), count, nullptr, projected.data());
    inner_->score(projected, count, out);
  }

  void compile(HeadProgram& program, std::uint32_t from, std::uint32_t to) const override {
    const HeadProgram::Part projected(program, projection_.rows());
    program.add(dense_step(from, projected.at(), projection_, HeadActivation::kNone),
                {projection_.values(), std::vector<float>(projection_.rows())});
    inner_->compile(program, projected.at(), to);
  }

 private:
  std::shared_ptr<const Head> inner_;
  PackedMatrix projection_;
};

}  // namespace

std::shared_ptr<const Head> make_head(ProjectedHeadSpec spec, const KernelTable& table) {
  if (spec.inner == nullptr) throw Error(ErrorCode::kInvalidArgument, "projected head: no inner head");
  if (spec.dimension == 0 || spec.inner->dimension() == 0) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "projected head: expected at least one dimension, and an inner head that looks at the prompt");
  }
  check_matrix("projected head: projection", spec.projection.size(), spec.inner->dimension(), spec.dimension);
  check_finite("projected head: projection", spec.projection);
  return std::make_shared<const ProjectedHead>(std::move(spec), table);
}

}  // namespace pointsman
