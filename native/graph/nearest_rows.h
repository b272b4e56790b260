// The k nearest neighbours of rows among all rows: the edges of a neighbour graph. Exact.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/select.h"

namespace pointsman {

struct NearestRowsArgs {
  std::span<const float> rows;  // [., dimension]
  std::size_t dimension;
  std::size_t k;
  // Which rows to find the neighbours of; a part at a time, so that callers can stop in between.
  std::size_t first;
  std::size_t count;
  std::span<std::int32_t> neighbours;  // [count, k]: of the largest inner product, nearest first; the lower
                                       // row first among equals; never the row itself
  std::span<float> similarities;       // [count, k]
};

// Throws kInvalidArgument where a size is wrong, there are not k other rows, or a value is not finite.
void nearest_rows(const NearestRowsArgs& args, const KernelTable& table = kernels());

}  // namespace pointsman
