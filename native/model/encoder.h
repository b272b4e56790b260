// The forward pass of a BERT-family encoder (Devlin et al. 2019; Liu et al. 2019; Song et al. 2020),
// post-norm, over a packed batch. Immutable and thread-safe; the caller brings the workspace.
#pragma once

#include <filesystem>
#include <memory>
#include <span>

#include "backend/backend.h"
#include "model/encoder_config.h"
#include "model/encoder_weights.h"

namespace pointsman {

class Encoder {
 public:
  Encoder(const EncoderConfig& config, EncoderWeights weights, std::unique_ptr<const Backend> backend);

  const EncoderConfig& config() const noexcept { return config_; }
  std::unique_ptr<Workspace> make_workspace() const { return backend_->make_workspace(config_.shape()); }
  std::size_t max_batch_tokens() const noexcept { return backend_->max_batch_tokens(config_.shape()); }

  // out, token_means: [batch.num_sequences(), hidden_size]. token_means: the embedding layer's output
  // averaged over each sequence, of L2 norm 1; empty where it is not wanted. Ids are below vocab_size,
  // positions below max_positions and sequences no longer than config().max_tokens(): whoever packs the batch
  // sees to that. The result of a sequence does not depend on the others.
  void forward(const BatchView& batch, const PoolingRule& rule, Workspace& workspace, std::span<float> out,
               std::span<float> token_means = {}) const;

 private:
  void run_layer(const LayerWeights& layer, Workspace& workspace) const;

  EncoderConfig config_;
  std::unique_ptr<const Backend> backend_;  // outlives the weights it prepared
  EncoderWeights weights_;
};

}  // namespace pointsman
