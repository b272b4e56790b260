#include "engine/features.h"

#include <algorithm>

#include "base/error.h"
#include "text/surface_features.h"

namespace pointsman {

std::size_t features_width(std::span<const Feature> features, std::size_t hidden_size) noexcept {
  std::size_t width = 0;
  for (const Feature feature : features) {
    width += feature == Feature::kSurface ? kSurfaceFeatures : hidden_size;
  }
  return width;
}

void check_features(std::span<const Feature> features) {
  const auto is_repeated = [&](const Feature& feature) {
    return std::find(features.begin(), features.end(), feature) !=
           features.begin() + (&feature - features.data());
  };
  const bool begins = !features.empty() && features.front() == Feature::kEmbedding;
  if (begins && std::none_of(features.begin(), features.end(), is_repeated)) return;
  throw Error(
      ErrorCode::kInvalidArgument,
      "features must begin with the embedding and name none twice; known: embedding, tokens, surface");
}

}  // namespace pointsman
