// The CPU back end of ISAs that multiply bf16: operands of products are bf16, sums, residuals, layer norms
// and softmax float32. Activations are converted where they are written, never in a pass of their own.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "backend/backend.h"
#include "base/huge_page_arena.h"

namespace pointsman {

class Bf16Backend final : public Backend {
 public:
  // `kernels` has bf16 kernels and `supports` the shape of the encoder.
  explicit Bf16Backend(const KernelTable& kernels) : kernels_(kernels) {}

  // Tiles are whole: every width and the size of a head are multiples of 32.
  static bool supports(const EncoderShape& shape) noexcept;

  std::string_view name() const noexcept override { return kernels_.name; }

  std::unique_ptr<const PreparedLinear> prepare(const LinearWeights& weights) override;
  std::unique_ptr<const PreparedLayerNorm> prepare(const LayerNormWeights& weights) override;
  std::unique_ptr<const PreparedEmbeddings> prepare(const EmbeddingWeights& weights) override;
  std::unique_ptr<const PreparedAttentionBias> prepare(const AttentionBias& bias) override;
  std::size_t max_batch_tokens(const EncoderShape& shape) const noexcept override;
  std::unique_ptr<Workspace> make_workspace(const EncoderShape& shape) const override;

  void begin(Workspace& workspace, const BatchView& batch) const override;
  void embed(Workspace& workspace, const PreparedEmbeddings& embeddings) const override;
  void linear(Workspace& workspace, Slot from, const PreparedLinear& weights, Activation activation,
              Slot to) const override;
  void attention(Workspace& workspace, const PreparedAttentionBias* bias) const override;
  void residual_layer_norm(Workspace& workspace, const PreparedLayerNorm& norm) const override;
  void pool(Workspace& workspace, const PoolingRule& rule, std::span<float> out) const override;

 private:
  const KernelTable& kernels_;
  HugePageArena arena_;  // of the packed weights
};

// The back end that runs this shape best on these kernels.
std::unique_ptr<Backend> make_cpu_backend(const KernelTable& kernels, const EncoderShape& shape);

}  // namespace pointsman
