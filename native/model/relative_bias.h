// MPNet's relative attention bias (Song et al. 2020; the buckets are T5's, Raffel et al. 2020, section 2.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pointsman {

// The bucket of a key at `distance` = key position - query position. Half of the buckets are for keys that
// follow the query; of each half, half count distances one by one and the rest grow logarithmically up to
// 128.
std::size_t relative_bucket(std::int64_t distance, std::size_t num_buckets);

// table [num_buckets, num_heads] to [num_heads, 2 * max_distance + 1], ordered by distance from
// -max_distance.
std::vector<float> expand_relative_bias(std::span<const float> table, std::size_t num_buckets,
                                        std::size_t num_heads, std::size_t max_distance);

}  // namespace pointsman
