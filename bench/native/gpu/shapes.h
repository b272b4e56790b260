// The encoders that are measured.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "gpu/roofline.h"
#include "model/encoder_config.h"

namespace pointsman::bench {

struct NamedShape {
  std::string_view name;
  Sizes sizes;
  std::size_t num_heads;
};

// all-MiniLM-L6-v2 and BERT base.
inline constexpr std::array kShapes = {NamedShape{"MiniLM-L6", {384, 1536, 6}, 12},
                                       NamedShape{"110M", {768, 3072, 12}, 12}};

inline EncoderConfig config_of(const NamedShape& shape) {
  EncoderConfig config;
  config.hidden_size = shape.sizes.hidden;
  config.num_heads = shape.num_heads;
  config.num_layers = shape.sizes.layers;
  config.intermediate_size = shape.sizes.intermediate;
  config.vocab_size = 30522;
  config.max_positions = 512;
  config.layer_norm_epsilon = 1e-12F;
  return config;
}

inline Sizes sizes_of(const EncoderConfig& config) {
  return {config.hidden_size, config.intermediate_size, config.num_layers};
}

}  // namespace pointsman::bench
