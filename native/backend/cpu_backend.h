// The CPU back end: every operation is a loop of one kernel table's functions on float32 activations.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "backend/backend.h"
#include "base/huge_page_arena.h"

namespace pointsman {

class CpuWorkspace;

class CpuBackend final : public Backend {
 public:
  explicit CpuBackend(const KernelTable& kernels) : kernels_(kernels) {}

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

}  // namespace pointsman
