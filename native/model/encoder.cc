#include "model/encoder.h"

#include <utility>

namespace pointsman {

Encoder::Encoder(const EncoderConfig& config, EncoderWeights weights, std::unique_ptr<const Backend> backend)
    : config_(config), backend_(std::move(backend)), weights_(std::move(weights)) {}

void Encoder::forward(const BatchView& batch, const PoolingRule& rule, Workspace& workspace,
                      std::span<float> out, std::span<float> token_means) const {
  backend_->begin(workspace, batch);
  backend_->embed(workspace, *weights_.embeddings);
  if (!token_means.empty()) backend_->pool(workspace, {Pooling::kMean, true}, token_means);
  for (const LayerWeights& layer : weights_.layers) run_layer(layer, workspace);
  backend_->pool(workspace, rule, out);
  backend_->finish(workspace);
}

void Encoder::run_layer(const LayerWeights& layer, Workspace& workspace) const {
  backend_->linear(workspace, Slot::kHidden, *layer.qkv, Activation::kNone, Slot::kQkv);
  backend_->attention(workspace, weights_.attention_bias.get());
  backend_->linear(workspace, Slot::kContext, *layer.attention_output, Activation::kNone, Slot::kUpdate);
  backend_->residual_layer_norm(workspace, *layer.attention_norm);
  backend_->linear(workspace, Slot::kHidden, *layer.ffn_in, config_.activation, Slot::kFfn);
  backend_->linear(workspace, Slot::kFfn, *layer.ffn_out, Activation::kNone, Slot::kUpdate);
  backend_->residual_layer_norm(workspace, *layer.ffn_norm);
}

}  // namespace pointsman
