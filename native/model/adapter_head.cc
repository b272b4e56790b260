#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "model/head_checks.h"
#include "model/head_kinds.h"
#include "model/head_steps.h"
#include "model/packed_matrix.h"

namespace pointsman {
namespace {

// Prompts per step: enough for both products to be compute bound, and the adapted rows of a step stay in L2
// until the inner head has read them.
constexpr std::size_t kRowBlock = 64;

class AdapterHead final : public Head {
 public:
  AdapterHead(AdapterHeadSpec spec, const KernelTable& table)
      : table_(&table),
        inner_(std::move(spec.inner)),
        down_(spec.down_weight, spec.bottleneck, spec.dimension, table),
        down_bias_(std::move(spec.down_bias)),
        up_(spec.up_weight, spec.dimension, spec.bottleneck, table) {}

  std::size_t dimension() const noexcept override { return down_.cols(); }
  std::size_t num_models() const noexcept override { return inner_->num_models(); }
  std::size_t num_floats() const noexcept override {
    return inner_->num_floats() + 2 * down_.rows() * down_.cols() + down_bias_.size();
  }

  void score(std::span<const float> embeddings, std::size_t count, std::span<float> out) const override {
    check_score_call(*this, embeddings, count, out);
    const std::size_t block = std::min(count, kRowBlock);
    std::vector<float> narrow(block * down_.rows());
    std::vector<float> adapted(block * dimension());
    for (std::size_t first = 0; first < count; first += kRowBlock) {
      const std::size_t rows = std::min(kRowBlock, count - first);
      const std::span<const float> x = embeddings.subspan(first * dimension(), rows * dimension());
      adapt(x, rows, narrow, adapted);
      inner_->score(std::span<const float>(adapted).first(x.size()), rows,
                    out.subspan(first * num_models(), rows * num_models()));
    }
  }

  void compile(HeadProgram& program, std::uint32_t from, std::uint32_t to) const override {
    const HeadProgram::Part adapted(program, dimension());
    {
      const HeadProgram::Part narrow(program, down_.rows());
      program.add(dense_step(from, narrow.at(), down_, HeadActivation::kRelu), {down_.values(), down_bias_});
      HeadStep back = dense_step(narrow.at(), adapted.at(), up_, HeadActivation::kNone);
      back.also = from;
      program.add(back, {up_.values(), std::vector<float>(dimension())});
    }
    inner_->compile(program, adapted.at(), to);
  }

 private:
  // adapted = x + up · relu(down · x + bias), [rows, dimension]
  void adapt(std::span<const float> x, std::size_t rows, std::span<float> narrow,
             std::span<float> adapted) const {
    down_.multiply(x.data(), rows, down_bias_.data(), narrow.data());
    table_->activate(Activation::kRelu, narrow.data(), rows * down_.rows());
    up_.multiply(narrow.data(), rows, nullptr, adapted.data());
    for (std::size_t i = 0; i < x.size(); ++i) adapted[i] += x[i];
  }

  const KernelTable* table_;
  std::shared_ptr<const Head> inner_;
  PackedMatrix down_;  // [bottleneck, dimension]
  std::vector<float> down_bias_;
  PackedMatrix up_;  // [dimension, bottleneck]
};

}  // namespace

std::shared_ptr<const Head> make_head(AdapterHeadSpec spec, const KernelTable& table) {
  if (spec.inner == nullptr) throw Error(ErrorCode::kInvalidArgument, "adapter head: no inner head");
  if (spec.dimension == 0 || spec.bottleneck == 0) {
    throw Error(ErrorCode::kInvalidArgument,
                "adapter head: expected at least one dimension and one bottleneck unit");
  }
  if (spec.inner->dimension() != 0)
    check_count("adapter head: inner dimension", spec.inner->dimension(), spec.dimension);
  check_matrix("adapter head: down weight", spec.down_weight.size(), spec.bottleneck, spec.dimension);
  check_count("adapter head: down bias", spec.down_bias.size(), spec.bottleneck);
  check_matrix("adapter head: up weight", spec.up_weight.size(), spec.dimension, spec.bottleneck);
  check_finite("adapter head: down weight", spec.down_weight);
  check_finite("adapter head: down bias", spec.down_bias);
  check_finite("adapter head: up weight", spec.up_weight);
  return std::make_shared<const AdapterHead>(std::move(spec), table);
}

}  // namespace pointsman
