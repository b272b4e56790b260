// Weights as the right operand of a product: panels of 32 columns; in a panel, for every 32 of k, two tiles
// of 16 columns each. A tile holds 16 pairs of k, each for 16 columns: the order in which both dot-product
// instructions and AMX want it.
#pragma once

#include <stddef.h>

#include "kernels/bf16/tiles.h"

namespace pointsman::bf16 {

// 16 rows of 32 consecutive weights to one tile.
template <typename V>
inline void pack_tile(const float* weight, size_t row_stride, Bf16* tile) {
  typename V::Reg row[kTileRows];
  alignas(64) Bf16 pairs[kTileElements];
  for (size_t r = 0; r < kTileRows; ++r) {
    const float* from = weight + r * row_stride;
    V::store_bf16(pairs + r * kTileDepth, V::load(from), V::load(from + V::kLanes));
  }
  for (size_t r = 0; r < kTileRows; ++r) row[r] = V::load_pairs(pairs + r * kTileDepth);
  V::transpose(row);
  for (size_t r = 0; r < kTileRows; ++r) V::store_pairs(tile + r * kTileDepth, row[r]);
}

template <typename V>
void pack(const Bf16PackArgs& args) {
  Bf16* tile = args.packed;
  for (size_t column = 0; column < args.n; column += kPanelColumns) {
    for (size_t p = 0; p < args.k; p += kTileDepth) {
      for (size_t half = 0; half < kPanelColumns; half += kTileRows) {
        pack_tile<V>(args.weight + (column + half) * args.k + p, args.k, tile);
        tile += kTileElements;
      }
    }
  }
}

}  // namespace pointsman::bf16
