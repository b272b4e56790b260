// Sizes and addresses of the two layouts (see bf16_kernels.h), and products of tiles as a unit computes them.
// Functions are static: an inline one could be shared with code compiled for another instruction set.
#pragma once

#include <stddef.h>

#include "kernels/bf16_kernels.h"

namespace pointsman::bf16 {

inline constexpr size_t kTileRows = 16;
inline constexpr size_t kTileDepth = 32;  // of k
inline constexpr size_t kTileElements = kTileRows * kTileDepth;
inline constexpr size_t kSumElements = kTileRows * kTileRows;  // of a tile of float32 sums
inline constexpr size_t kPanelColumns = 2 * kTileRows;

static inline size_t tiles_of_rows(size_t rows) {
  return (rows + kTileRows - 1) / kTileRows;
}

// Of element (row, column) in panels of `rows` rows; `column` is a multiple of 32.
static inline size_t panel_offset(size_t row, size_t column, size_t rows) {
  return column * rows + row * kTileDepth;
}

// Of element (row, column) in row tiles of `cols` columns; `column` is a multiple of 32.
static inline size_t row_tile_offset(size_t row, size_t column, size_t cols) {
  const size_t tile = row / kTileRows * (cols / kTileDepth) + column / kTileDepth;
  return tile * kTileElements + row % kTileRows * kTileDepth;
}

// Tiles of 16 x 16 float32 at a regular distance, in elements. A row stride of 0 repeats one row.
template <typename Float>
struct SumTiles {
  Float* data;
  size_t row_stride;
  size_t down;
  size_t right;
};

// sums (i, j) = start (i, j) + sum over steps of A (i, step) · B (step, j), for i, j < 2 tiles at most. A is
// made of tiles of 16 rows x 32 of k; B of tiles of 16 pairs of k x 16 columns, each pair side by side.
struct TileProduct {
  const Bf16* a;
  size_t a_row_stride;
  size_t a_down;
  size_t a_step;
  const Bf16* b;
  size_t b_right;
  size_t b_step;
  size_t steps;
  SumTiles<const float> start;  // data null: zero
  SumTiles<float> sums;
};

// A unit's multiply<rows, columns>(product, before_step) calls before_step(step) once per step, before it
// reads that step of B: the place for vector work that the matrix unit's time hides.
struct Nothing {
  void operator()(size_t) const {}
};

}  // namespace pointsman::bf16
