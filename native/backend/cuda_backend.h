// The back end on a GPU, through the functions of libpointsman_cuda.so: calls between begin and finish write
// down the steps of the pass, and finish runs them as one.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "backend/backend.h"
#include "cuda/abi.h"
#include "kernels/kernel_table.h"

namespace pointsman {

class CudaBackend final : public Backend {
 public:
  // Throws kUnsupported for shapes the device's kernels do not take, and whatever opening the device gave.
  // `kernels` reads stored weights.
  CudaBackend(const cuda::Api& api, const KernelTable& kernels, const EncoderShape& shape,
              cuda::Format format);
  ~CudaBackend() override;
  CudaBackend(const CudaBackend&) = delete;
  CudaBackend& operator=(const CudaBackend&) = delete;

  std::string_view name() const noexcept override { return "cuda"; }

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
  void finish(Workspace& workspace) const override;

 private:
  const cuda::Api& api_;
  const KernelTable& kernels_;
  EncoderShape shape_;
  cuda::DeviceEncoder* encoder_;
};

}  // namespace pointsman
