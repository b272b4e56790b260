// The seam between the encoder and what computes it. The encoder says which operation reads and writes which
// activation; a back end owns the activations, the weights' layout and the number formats (float32 on the
// host, bf16 tiles, device memory). One call is one layer-sized step, never an element.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "backend/stored_floats.h"
#include "kernels/kernel_table.h"

namespace pointsman {

enum class Pooling { kMean, kCls };

// How a sequence's tokens become its row: their mean or the first one's, divided by its L2 norm where asked.
struct PoolingRule {
  Pooling pooling;
  bool normalize;
};

// Activations of the forward pass, all [tokens, width]. kQkv and kContext are dead once kFfn is written, and
// kFfn is dead once kQkv is: a back end may let them share memory.
enum class Slot {
  kHidden,   // hidden_size
  kQkv,      // 3 * hidden_size: queries, keys, values
  kContext,  // hidden_size: what attention read
  kUpdate,   // hidden_size: what is added to kHidden next
  kFfn,      // intermediate_size
};

// Sequences one after the other, without padding: sequence i is tokens offsets[i] to offsets[i + 1], never
// empty.
struct BatchView {
  std::span<const std::int32_t> ids;
  std::span<const std::int32_t> positions;
  std::span<const std::size_t> offsets;  // num_sequences() + 1, from 0

  std::size_t num_tokens() const noexcept { return ids.size(); }
  std::size_t num_sequences() const noexcept { return offsets.size() - 1; }
  std::size_t length(std::size_t sequence) const noexcept {
    return offsets[sequence + 1] - offsets[sequence];
  }
};

struct EncoderShape {
  std::size_t hidden_size;
  std::size_t num_heads;
  std::size_t intermediate_size;
};

struct LinearWeights {
  std::span<const float> weight;  // [out, in]
  std::span<const float> bias;    // [out]
};

struct LayerNormWeights {
  std::span<const float> gamma;
  std::span<const float> beta;
  float epsilon;
};

struct EmbeddingWeights {
  StoredFloats words;                // [vocabulary, hidden]; the bytes outlive what is prepared from them
  std::span<const float> positions;  // [positions, hidden], the segment embedding already added
  LayerNormWeights norm;
};

// bias[head][max_distance + key position - query position], 2 * max_distance + 1 values per head.
struct AttentionBias {
  std::span<const float> by_distance;
  std::size_t max_distance;
};

// Weights in a back end's own layout. Immutable, usable from any thread, only by the back end that made them
// and while it lives.
struct PreparedLinear {
  virtual ~PreparedLinear() = default;
};
struct PreparedLayerNorm {
  virtual ~PreparedLayerNorm() = default;
};
struct PreparedEmbeddings {
  virtual ~PreparedEmbeddings() = default;
};
struct PreparedAttentionBias {
  virtual ~PreparedAttentionBias() = default;
};

// One thread's activations and scratch.
struct Workspace {
  virtual ~Workspace() = default;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const noexcept = 0;

  virtual std::unique_ptr<const PreparedLinear> prepare(const LinearWeights& weights) = 0;
  virtual std::unique_ptr<const PreparedLayerNorm> prepare(const LayerNormWeights& weights) = 0;
  virtual std::unique_ptr<const PreparedEmbeddings> prepare(const EmbeddingWeights& weights) = 0;
  virtual std::unique_ptr<const PreparedAttentionBias> prepare(const AttentionBias& bias) = 0;
  // Tokens beyond which a larger batch is no faster. A longer sequence still runs, alone.
  virtual std::size_t max_batch_tokens(const EncoderShape& shape) const noexcept = 0;
  virtual std::unique_ptr<Workspace> make_workspace(const EncoderShape& shape) const = 0;

  // Makes room for the batch; nothing below allocates. The batch outlives the calls up to the next begin.
  virtual void begin(Workspace& workspace, const BatchView& batch) const = 0;

  // kHidden = layer_norm(word + position).
  virtual void embed(Workspace& workspace, const PreparedEmbeddings& embeddings) const = 0;

  // to = activation(from · weightᵀ + bias).
  virtual void linear(Workspace& workspace, Slot from, const PreparedLinear& weights, Activation activation,
                      Slot to) const = 0;

  // kContext = softmax(Q Kᵀ / sqrt(head_dim) + bias) V per sequence and head of kQkv. `bias` may be null.
  virtual void attention(Workspace& workspace, const PreparedAttentionBias* bias) const = 0;

  // kHidden = layer_norm(kUpdate + kHidden). A back end may add kHidden where kUpdate is written.
  virtual void residual_layer_norm(Workspace& workspace, const PreparedLayerNorm& norm) const = 0;

  // out [sequences, hidden_size]: kHidden, as any step left it. A back end may write `out` as late as in
  // finish.
  virtual void pool(Workspace& workspace, const PoolingRule& rule, std::span<float> out) const = 0;

  // Ends the batch: what was pooled is in its place.
  virtual void finish(Workspace&) const {}
};

}  // namespace pointsman
