#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "model/head_checks.h"
#include "model/head_kinds.h"
#include "model/head_steps.h"
#include "model/packed_matrix.h"

namespace pointsman {
namespace {

// Prompts per step, as for the pairwise head: the product is compute bound, and two layers' activations of a
// few hundred units stay in L2.
constexpr std::size_t kRowBlock = 64;

struct PackedLayer {
  PackedMatrix weight;
  std::vector<float> bias;
};

class MlpHead final : public Head {
 public:
  MlpHead(MlpHeadSpec spec, const KernelTable& table) : table_(&table) {
    std::size_t inputs = spec.dimension;
    for (DenseLayer& layer : spec.layers) {
      const std::size_t outputs = layer.bias.size();
      layers_.push_back({PackedMatrix(layer.weight, outputs, inputs, table), std::move(layer.bias)});
      inputs = outputs;
      if (&layer != &spec.layers.back()) widest_ = std::max(widest_, outputs);
    }
  }

  std::size_t dimension() const noexcept override { return layers_.front().weight.cols(); }
  std::size_t num_models() const noexcept override { return layers_.back().weight.rows(); }
  std::size_t num_floats() const noexcept override {
    std::size_t floats = 0;
    for (const PackedLayer& layer : layers_)
      floats += layer.weight.rows() * layer.weight.cols() + layer.bias.size();
    return floats;
  }

  void score(std::span<const float> embeddings, std::size_t count, std::span<float> out) const override {
    check_score_call(*this, embeddings, count, out);
    // Layers take turns in the two buffers; the last one writes to `out`.
    const std::size_t block_floats = std::min(count, kRowBlock) * widest_;
    AlignedBuffer<float> even(block_floats);
    AlignedBuffer<float> odd(block_floats);
    for (std::size_t first = 0; first < count; first += kRowBlock) {
      const std::size_t rows = std::min(kRowBlock, count - first);
      const float* input = embeddings.data() + first * dimension();
      for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
        float* hidden = i % 2 == 0 ? even.data() : odd.data();
        layers_[i].weight.multiply(input, rows, layers_[i].bias.data(), hidden);
        table_->activate(Activation::kRelu, hidden, rows * layers_[i].bias.size());
        input = hidden;
      }
      layers_.back().weight.multiply(input, rows, layers_.back().bias.data(),
                                     out.data() + first * num_models());
    }
    table_->activate(Activation::kSigmoid, out.data(), out.size());
    clamp_scores(out);
  }

  void compile(HeadProgram& program, std::uint32_t from, std::uint32_t to) const override {
    const HeadProgram::Part even(program, widest_);
    const HeadProgram::Part odd(program, widest_);
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const bool is_last = i + 1 == layers_.size();
      const std::uint32_t out = is_last ? to : i % 2 == 0 ? even.at() : odd.at();
      const HeadActivation activation = is_last ? HeadActivation::kSigmoid : HeadActivation::kRelu;
      const PackedLayer& layer = layers_[i];
      program.add(dense_step(from, out, layer.weight, activation), {layer.weight.values(), layer.bias});
      from = out;
    }
  }

 private:
  const KernelTable* table_;
  std::vector<PackedLayer> layers_;
  std::size_t widest_ = 0;  // of the hidden layers
};

}  // namespace

std::shared_ptr<const Head> make_head(MlpHeadSpec spec, const KernelTable& table) {
  if (spec.layers.empty() || spec.dimension == 0) {
    throw Error(ErrorCode::kInvalidArgument, "mlp head: expected at least one layer and one dimension");
  }
  std::size_t inputs = spec.dimension;
  for (std::size_t i = 0; i < spec.layers.size(); ++i) {
    const std::string layer = "mlp head: layer " + std::to_string(i);
    const DenseLayer& dense = spec.layers[i];
    if (dense.bias.empty())
      throw Error(ErrorCode::kInvalidArgument, layer + ": expected at least one output");
    check_matrix(layer + ": weight", dense.weight.size(), dense.bias.size(), inputs);
    check_finite(layer + ": weight", dense.weight);
    check_finite(layer + ": bias", dense.bias);
    inputs = dense.bias.size();
  }
  return std::make_shared<const MlpHead>(std::move(spec), table);
}

}  // namespace pointsman
