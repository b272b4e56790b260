#include "backend/bf16_backend.h"

#include <algorithm>

#include "backend/bf16_weights.h"
#include "backend/bf16_workspace.h"
#include "backend/cpu_backend.h"
#include "backend/cpu_tokens.h"
#include "backend/cpu_weights.h"

namespace pointsman {
namespace {

constexpr std::size_t kTileDepth = 32;

// Activations of a batch should stay in a core's L2 beside the weights that stream through it. Measured with
// MiniLM-L6 (5.25 KiB a token) on real prompts, AMX, 2 MiB of L2, thousand tokens/s by budget in tokens: 96:
// 36, 128: 41, 160: 45, 192: 46, 256: 48, 384: 45, 512: 46. This makes 268.
constexpr std::size_t kBatchActivationBytes = std::size_t{11} << 17;
// Whatever the width: below this the weights' traffic shows.
constexpr std::size_t kFewestBatchTokens = 128;

Bf16Workspace& own(Workspace& workspace) {
  return static_cast<Bf16Workspace&>(workspace);
}

const Bf16* operand(Bf16Workspace& space, Slot slot) {
  switch (slot) {
    case Slot::kHidden:
      return space.hidden_tiles();
    case Slot::kContext:
      return space.context();
    case Slot::kFfn:
      return space.ffn();
    case Slot::kQkv:
    case Slot::kUpdate:
      break;
  }
  return nullptr;  // attention and layer norm read these, no product does
}

struct Destination {
  Bf16Output layout;
  void* data;
};

Destination destination(Bf16Workspace& space, Slot slot) {
  switch (slot) {
    case Slot::kQkv:
      return {Bf16Output::kPanels, space.qkv()};
    case Slot::kUpdate:
      return {Bf16Output::kAddToRows, space.hidden()};
    case Slot::kFfn:
    case Slot::kHidden:
    case Slot::kContext:
      break;
  }
  return {Bf16Output::kTiles, space.ffn()};
}

}  // namespace

bool Bf16Backend::supports(const EncoderShape& shape) noexcept {
  const std::size_t head_dim = shape.hidden_size / shape.num_heads;
  return shape.hidden_size % shape.num_heads == 0 && head_dim % kTileDepth == 0 &&
         shape.intermediate_size % kTileDepth == 0;
}

std::unique_ptr<const PreparedLinear> Bf16Backend::prepare(const LinearWeights& weights) {
  return std::make_unique<Bf16Linear>(weights, *kernels_.bf16, arena_);
}

std::unique_ptr<const PreparedLayerNorm> Bf16Backend::prepare(const LayerNormWeights& weights) {
  return std::make_unique<CpuLayerNorm>(weights);
}

std::unique_ptr<const PreparedEmbeddings> Bf16Backend::prepare(const EmbeddingWeights& weights) {
  return std::make_unique<CpuEmbeddings>(weights);
}

std::unique_ptr<const PreparedAttentionBias> Bf16Backend::prepare(const AttentionBias& bias) {
  return std::make_unique<Bf16AttentionBias>(bias);
}

std::size_t Bf16Backend::max_batch_tokens(const EncoderShape& shape) const noexcept {
  return std::max(kFewestBatchTokens, kBatchActivationBytes / Bf16Workspace::bytes_per_token(shape));
}

std::unique_ptr<Workspace> Bf16Backend::make_workspace(const EncoderShape& shape) const {
  return std::make_unique<Bf16Workspace>(shape);
}

void Bf16Backend::begin(Workspace& workspace, const BatchView& batch) const {
  own(workspace).begin(batch, *kernels_.bf16);
}

void Bf16Backend::embed(Workspace& workspace, const PreparedEmbeddings& embeddings) const {
  Bf16Workspace& space = own(workspace);
  const auto& table = static_cast<const CpuEmbeddings&>(embeddings);
  const BatchView& batch = space.batch();
  const std::size_t width = space.shape().hidden_size;
  load_word_rows(table, batch, width, space.hidden(), kernels_);
  for (std::size_t t = 0; t < batch.num_tokens();) {
    const std::size_t rows = position_run(batch.positions, t);
    kernels_.bf16->layer_norm(
        {.x = table.positions.data() + static_cast<std::size_t>(batch.positions[t]) * width,
         .x_row_stride = width,
         .gamma = table.norm.gamma.data(),
         .beta = table.norm.beta.data(),
         .epsilon = table.norm.epsilon,
         .hidden = space.hidden() + t * width,
         .tiles = space.hidden_tiles(),
         .first_row = t,
         .rows = rows,
         .cols = width});
    t += rows;
  }
}

void Bf16Backend::linear(Workspace& workspace, Slot from, const PreparedLinear& weights,
                         Activation activation, Slot to) const {
  Bf16Workspace& space = own(workspace);
  const auto& layer = static_cast<const Bf16Linear&>(weights);
  const Destination out = destination(space, to);
  kernels_.bf16->linear({.a = operand(space, from),
                         .packed = layer.packed.data(),
                         .bias = layer.bias.data(),
                         .m = space.batch().num_tokens(),
                         .n = layer.outputs,
                         .k = layer.inputs,
                         .activation = activation,
                         .layout = out.layout,
                         .out = out.data,
                         .panel_rows = space.panel_rows()});
  if (to == Slot::kUpdate) space.waiting_bias = layer.bias.data();
}

void Bf16Backend::attention(Workspace& workspace, const PreparedAttentionBias* bias) const {
  Bf16Workspace& space = own(workspace);
  const auto* by_distance = static_cast<const Bf16AttentionBias*>(bias);
  const BatchView& batch = space.batch();
  for (std::size_t i = 0; i < batch.num_sequences(); ++i) {
    kernels_.bf16->attention({.qkv = space.qkv(),
                              .panel_rows = space.panel_rows(),
                              .context = space.context(),
                              .first = batch.offsets[i],
                              .length = batch.length(i),
                              .hidden_size = space.shape().hidden_size,
                              .num_heads = space.shape().num_heads,
                              .bias = by_distance == nullptr ? nullptr : by_distance->at_distance_zero(),
                              .bias_stride = by_distance == nullptr ? 0 : by_distance->head_stride,
                              .scratch = space.attention_scratch()});
  }
}

void Bf16Backend::residual_layer_norm(Workspace& workspace, const PreparedLayerNorm& norm) const {
  Bf16Workspace& space = own(workspace);
  const auto& layer = static_cast<const CpuLayerNorm&>(norm);
  kernels_.bf16->layer_norm({.x = space.waiting_bias,
                             .x_row_stride = 0,
                             .gamma = layer.gamma.data(),
                             .beta = layer.beta.data(),
                             .epsilon = layer.epsilon,
                             .hidden = space.hidden(),
                             .tiles = space.hidden_tiles(),
                             .first_row = 0,
                             .rows = space.batch().num_tokens(),
                             .cols = space.shape().hidden_size});
}

void Bf16Backend::pool(Workspace& workspace, const PoolingRule& rule, std::span<float> out) const {
  Bf16Workspace& space = own(workspace);
  pool_tokens(rule, space.batch(), space.hidden(), out, kernels_);
}

std::unique_ptr<Backend> make_cpu_backend(const KernelTable& kernels, const EncoderShape& shape) {
  if (kernels.bf16 != nullptr && Bf16Backend::supports(shape)) return std::make_unique<Bf16Backend>(kernels);
  return std::make_unique<CpuBackend>(kernels);
}

}  // namespace pointsman
