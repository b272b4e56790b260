// One encoder layer of all-MiniLM-L6-v2's sizes with random weights, on any back end, step by step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "backend/backend.h"

namespace pointsman::bench {

inline constexpr EncoderShape kShape{.hidden_size = 384, .num_heads = 12, .intermediate_size = 1536};

// Scaled so that scores differ between keys and no step makes values that grow or vanish.
struct LayerWeights {
  LayerWeights();

  std::vector<float> words;
  std::vector<float> positions;
  std::vector<float> gamma;
  std::vector<float> zeros;
  std::vector<float> qkv;
  std::vector<float> output;
  std::vector<float> up;
  std::vector<float> down;
};

class Layer {
 public:
  // A batch of `sequences` sequences of `length` tokens, embedded.
  Layer(Backend& backend, const LayerWeights& weights, std::size_t sequences, std::size_t length);

  // In the order of an encoder.
  void project();
  void attend();
  void read_context();
  void normalise();
  void expand();
  void contract();

  // Sets the batch up anew.
  void embed();
  // Mean and first token of every sequence: all that a back end shows of kHidden.
  std::vector<float> pooled() const;

 private:
  const Backend& backend_;
  std::unique_ptr<Workspace> workspace_;
  std::unique_ptr<const PreparedEmbeddings> embeddings_;
  std::unique_ptr<const PreparedLayerNorm> norm_;
  std::unique_ptr<const PreparedLinear> qkv_;
  std::unique_ptr<const PreparedLinear> output_;
  std::unique_ptr<const PreparedLinear> up_;
  std::unique_ptr<const PreparedLinear> down_;
  std::vector<std::int32_t> ids_;
  std::vector<std::int32_t> positions_;
  std::vector<std::size_t> offsets_;
};

}  // namespace pointsman::bench
