#include "model/relative_bias.h"

#include <algorithm>
#include <cmath>

namespace pointsman {

std::size_t relative_bucket(std::int64_t distance, std::size_t num_buckets) {
  constexpr float kMaxDistance = 128.0F;  // fixed in the model's definition, not in its configuration
  const std::size_t half = num_buckets / 2;
  const std::size_t exact = half / 2;
  const std::size_t base = distance > 0 ? half : 0;
  const auto magnitude = static_cast<std::size_t>(distance < 0 ? -distance : distance);
  if (magnitude < exact) return base + magnitude;
  // In float, as the reference implementation computes it: in double some distances fall into the next
  // bucket.
  const float ratio = std::log(static_cast<float>(magnitude) / static_cast<float>(exact)) /
                      std::log(kMaxDistance / static_cast<float>(exact));
  const auto grown = exact + static_cast<std::size_t>(ratio * static_cast<float>(half - exact));
  return base + std::min(grown, half - 1);
}

std::vector<float> expand_relative_bias(std::span<const float> table, std::size_t num_buckets,
                                        std::size_t num_heads, std::size_t max_distance) {
  const std::size_t distances = 2 * max_distance + 1;
  std::vector<float> expanded(num_heads * distances);
  for (std::size_t i = 0; i < distances; ++i) {
    const auto distance = static_cast<std::int64_t>(i) - static_cast<std::int64_t>(max_distance);
    const std::size_t bucket = relative_bucket(distance, num_buckets);
    for (std::size_t head = 0; head < num_heads; ++head) {
      expanded[head * distances + i] = table[bucket * num_heads + head];
    }
  }
  return expanded;
}

}  // namespace pointsman
