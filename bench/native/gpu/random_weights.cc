#include "gpu/random_weights.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace pointsman::bench {
namespace {

// A linear congruential generator: a hundred million numbers in a fraction of a second.
class Generator {
 public:
  // In [centre - spread, centre + spread).
  std::vector<float> floats(std::size_t count, float spread, float centre = 0.0F) {
    std::vector<float> values(count);
    for (float& value : values) value = centre + spread * next();
    return values;
  }

  // A uniform spread of sqrt(3 / inputs) has the variance 1 / inputs: outputs as large as inputs.
  RandomLinear linear(std::size_t outputs, std::size_t inputs) {
    const float spread = std::sqrt(3.0F / static_cast<float>(inputs));
    return {.weight = floats(outputs * inputs, spread), .bias = floats(outputs, 0.1F)};
  }

  RandomNorm norm(std::size_t width) {
    return {.gamma = floats(width, 0.25F, 1.0F), .beta = floats(width, 0.1F)};
  }

 private:
  float next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<float>(static_cast<std::int32_t>(state_ >> 32)) * 0x1p-31F;
  }

  std::uint64_t state_ = 1;
};

LinearWeights view_of(const RandomLinear& linear) {
  return {.weight = linear.weight, .bias = linear.bias};
}

LayerNormWeights view_of(const RandomNorm& norm, const EncoderConfig& config) {
  return {.gamma = norm.gamma, .beta = norm.beta, .epsilon = config.layer_norm_epsilon};
}

}  // namespace

RandomWeights::RandomWeights(const EncoderConfig& config) {
  const std::size_t hidden = config.hidden_size;
  const std::size_t wide = config.intermediate_size;
  Generator random;
  words = random.floats(config.vocab_size * hidden, 1.0F);
  positions = random.floats(config.max_positions * hidden, 0.5F);
  norm = random.norm(hidden);
  for (std::size_t i = 0; i < config.num_layers; ++i) {
    layers.push_back({.qkv = random.linear(3 * hidden, hidden),
                      .output = random.linear(hidden, hidden),
                      .attention_norm = random.norm(hidden),
                      .up = random.linear(wide, hidden),
                      .down = random.linear(hidden, wide),
                      .ffn_norm = random.norm(hidden)});
  }
}

Encoder make_encoder(const RandomWeights& weights, const EncoderConfig& config,
                     std::unique_ptr<Backend> backend) {
  EncoderWeights prepared;
  prepared.embeddings = backend->prepare(EmbeddingWeights{
      .words = {.format = FloatFormat::kF32, .bytes = std::as_bytes(std::span(weights.words))},
      .positions = weights.positions,
      .norm = view_of(weights.norm, config)});
  for (const RandomLayer& layer : weights.layers) {
    prepared.layers.push_back({.qkv = backend->prepare(view_of(layer.qkv)),
                               .attention_output = backend->prepare(view_of(layer.output)),
                               .attention_norm = backend->prepare(view_of(layer.attention_norm, config)),
                               .ffn_in = backend->prepare(view_of(layer.up)),
                               .ffn_out = backend->prepare(view_of(layer.down)),
                               .ffn_norm = backend->prepare(view_of(layer.ffn_norm, config))});
  }
  return {config, std::move(prepared), std::move(backend)};
}

}  // namespace pointsman::bench
