// An encoder's weights from a seed. What they are does not change how long a pass takes; their scale keeps
// every step's results about as large as its inputs, so that rounding is what it is in a trained encoder.
#pragma once

#include <memory>
#include <vector>

#include "backend/backend.h"
#include "model/encoder.h"
#include "model/encoder_config.h"

namespace pointsman::bench {

struct RandomLinear {
  std::vector<float> weight;  // [outputs, inputs]
  std::vector<float> bias;
};

struct RandomNorm {
  std::vector<float> gamma;
  std::vector<float> beta;
};

struct RandomLayer {
  RandomLinear qkv;
  RandomLinear output;
  RandomNorm attention_norm;
  RandomLinear up;
  RandomLinear down;
  RandomNorm ffn_norm;
};

struct RandomWeights {
  explicit RandomWeights(const EncoderConfig& config);

  std::vector<float> words;
  std::vector<float> positions;
  RandomNorm norm;
  std::vector<RandomLayer> layers;
};

// `weights` outlive the encoder: the CPU reads words from them.
Encoder make_encoder(const RandomWeights& weights, const EncoderConfig& config,
                     std::unique_ptr<Backend> backend);

}  // namespace pointsman::bench
