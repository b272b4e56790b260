// What an engine hands on of a text, part by part.
#pragma once

#include <cstddef>
#include <span>

namespace pointsman {

enum class Feature {
  kEmbedding,  // [hidden_size]: the encoder's pooled output
  kTokens,     // [hidden_size]: mean of the embedding layer's output over the tokens, of L2 norm 1
  kSurface,  // [kSurfaceFeatures]: see text/surface_features.h; of the whole text, whatever the encoder reads
};

// Values of one text under `features`, one after the other.
std::size_t features_width(std::span<const Feature> features, std::size_t hidden_size) noexcept;

// Throws kInvalidArgument unless the embedding stands first and nothing stands twice.
void check_features(std::span<const Feature> features);

}  // namespace pointsman
