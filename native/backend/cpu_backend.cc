#include "backend/cpu_backend.h"

#include <algorithm>

#include "backend/cpu_tokens.h"
#include "backend/cpu_weights.h"
#include "backend/cpu_workspace.h"

namespace pointsman {
namespace {

// Activations of a batch should stay in a core's L2, 1 to 2 MiB today: weights are read once per batch and
// hardly count from some 100 tokens on. Measured with MiniLM-L6 (9 KiB a token) on texts of 10 to 180 tokens,
// one core with 2 MiB of L2, tokens/s by budget: 64: 6,360, 128: 6,680, 256: 6,670, 512: 6,140, 1,024: 5,730
// (AVX-512); AVX2 ranks them alike.
constexpr std::size_t kBatchActivationBytes = std::size_t{9} << 18;
// Whatever the width: below this the weights' traffic shows.
constexpr std::size_t kFewestBatchTokens = 64;

CpuWorkspace& own(Workspace& workspace) {
  return static_cast<CpuWorkspace&>(workspace);
}

void run_layer_norm(const KernelTable& kernels, const CpuLayerNorm& norm, const float* residual, float* out,
                    const float* x, std::size_t rows) {
  kernels.layer_norm({.x = x,
                      .residual = residual,
                      .gamma = norm.gamma.data(),
                      .beta = norm.beta.data(),
                      .epsilon = norm.epsilon,
                      .out = out,
                      .rows = rows,
                      .cols = norm.gamma.size()});
}

}  // namespace

std::unique_ptr<const PreparedLinear> CpuBackend::prepare(const LinearWeights& weights) {
  return std::make_unique<CpuLinear>(weights, kernels_, arena_);
}

std::unique_ptr<const PreparedLayerNorm> CpuBackend::prepare(const LayerNormWeights& weights) {
  return std::make_unique<CpuLayerNorm>(weights);
}

std::unique_ptr<const PreparedEmbeddings> CpuBackend::prepare(const EmbeddingWeights& weights) {
  return std::make_unique<CpuEmbeddings>(weights);
}

std::unique_ptr<const PreparedAttentionBias> CpuBackend::prepare(const AttentionBias& bias) {
  return std::make_unique<CpuAttentionBias>(bias);
}

std::size_t CpuBackend::max_batch_tokens(const EncoderShape& shape) const noexcept {
  return std::max(kFewestBatchTokens,
                  kBatchActivationBytes / (CpuWorkspace::floats_per_token(shape) * sizeof(float)));
}

std::unique_ptr<Workspace> CpuBackend::make_workspace(const EncoderShape& shape) const {
  return std::make_unique<CpuWorkspace>(shape);
}

void CpuBackend::begin(Workspace& workspace, const BatchView& batch) const {
  own(workspace).begin(batch, kernels_);
}

void CpuBackend::embed(Workspace& workspace, const PreparedEmbeddings& embeddings) const {
  CpuWorkspace& space = own(workspace);
  const auto& table = static_cast<const CpuEmbeddings&>(embeddings);
  const BatchView& batch = space.batch();
  const std::size_t width = space.shape().hidden_size;
  float* hidden = space.data(Slot::kHidden);
  load_word_rows(table, batch, width, hidden, kernels_);
  // Consecutive positions are consecutive rows of the position table, so a run of them is one residual layer
  // norm.
  for (std::size_t t = 0; t < batch.num_tokens();) {
    const std::size_t rows = position_run(batch.positions, t);
    const float* positions = table.positions.data() + static_cast<std::size_t>(batch.positions[t]) * width;
    run_layer_norm(kernels_, table.norm, positions, hidden + t * width, hidden + t * width, rows);
    t += rows;
  }
}

void CpuBackend::linear(Workspace& workspace, Slot from, const PreparedLinear& weights, Activation activation,
                        Slot to) const {
  CpuWorkspace& space = own(workspace);
  const auto& layer = static_cast<const CpuLinear&>(weights);
  kernels_.gemm({.a = space.data(from),
                 .a_row_stride = layer.inputs,
                 .a_col_stride = 1,
                 .packed_b = layer.packed.data(),
                 .c = space.data(to),
                 .ldc = layer.outputs,
                 .m = space.batch().num_tokens(),
                 .n = layer.outputs,
                 .k = layer.inputs,
                 .bias = layer.bias.data(),
                 .activation = activation});
}

void CpuBackend::residual_layer_norm(Workspace& workspace, const PreparedLayerNorm& norm) const {
  CpuWorkspace& space = own(workspace);
  float* hidden = space.data(Slot::kHidden);
  run_layer_norm(kernels_, static_cast<const CpuLayerNorm&>(norm), hidden, hidden, space.data(Slot::kUpdate),
                 space.batch().num_tokens());
}

void CpuBackend::pool(Workspace& workspace, const PoolingRule& rule, std::span<float> out) const {
  CpuWorkspace& space = own(workspace);
  pool_tokens(rule, space.batch(), space.data(Slot::kHidden), out, kernels_);
}

}  // namespace pointsman
