// C = act(alpha A·B + bias [+ C]) on packed B: the loops of Goto and van de Geijn (2008) without packing A.
//
//   group of rows            A's part of a block stays in L2, B comes from L3 or memory once per group
//     panel of B's columns
//       block of k           the block of B stays in L1 while every tile of the group passes over it
//         tile of rows       registers; its sums are kept between blocks of k in `sums`
//
// Each element of C is one chain of fused multiply-adds over ascending p in a float accumulator, whatever
// tile, group or block it falls in (storing and loading a sum is exact), so a row's bits depend neither on m
// nor on the other rows. V::kGemmRows x V::kGemmVectors accumulators, kGemmVectors of B and one broadcast of
// A fill the register file.
#pragma once

#include <stddef.h>

#include "kernels/kernel_table.h"
#include "kernels/simd/activate.h"
#include "kernels/simd/pack.h"

namespace pointsman::simd {

// At 128 rows B is read from L3 at 1/64 byte per operation, 2.7 GB/s at 170 GFLOP/s; A's 128 rows of a block
// (64 KiB at a depth of 128) and the sums (at most 24 KiB, on the stack) leave L2 mostly free for the B to
// come.
inline constexpr size_t kGroupRows = 128;

// One pass of a tile over one block of k.
struct TileStep {
  const float* a;
  const float* b;
  size_t depth;
  float* sums;  // between blocks; kGemmRows x kGemmVectors vectors
  bool first;
  bool last;
  const char* prefetch;  // this tile's share of the next block of B
  size_t prefetch_stride_bytes;
  float* c;
  const float* bias;  // at this panel, or null
  size_t columns;     // of C; the panel's last vector may be partial
};

template <typename V, size_t kRows, size_t kVectors>
inline void store_result(const GemmArgs& args, const TileStep& step,
                         const typename V::Reg (&sum)[kRows][kVectors]) {
  const typename V::Reg alpha = V::splat(args.alpha);
#pragma GCC unroll 4
  for (size_t v = 0; v < kVectors; ++v) {
    const size_t column = v * V::kLanes;
    const typename V::Mask lanes = V::first(step.columns - column);
    const typename V::Reg bias = step.bias == nullptr ? V::zero() : V::load(step.bias + column, lanes);
#pragma GCC unroll 16
    for (size_t row = 0; row < kRows; ++row) {
      float* c = step.c + row * args.ldc + column;
      typename V::Reg value = V::fma(alpha, sum[row][v], bias);
      if (args.accumulate) value = V::add(value, V::load(c, lanes));
      V::store(c, value, lanes);
    }
  }
}

// One prefetch per step of p, spread evenly over the block: bursts take the line buffers that A's loads need.
template <typename V, size_t kRows, size_t kVectors>
void multiply_tile(const GemmArgs& args, const TileStep& step) {
  typename V::Reg sum[kRows][kVectors];
#pragma GCC unroll 16
  for (size_t row = 0; row < kRows; ++row) {
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v) {
      sum[row][v] = step.first ? V::zero() : V::load(step.sums + (row * kVectors + v) * V::kLanes);
    }
  }

  const float* a = step.a;
  const float* b = step.b;
  const char* prefetch = step.prefetch;
  for (size_t p = 0; p < step.depth; ++p) {
    typename V::Reg b_row[kVectors];
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v) b_row[v] = V::load(b + v * V::kLanes);
    __builtin_prefetch(prefetch, 0, 2);
#pragma GCC unroll 16
    for (size_t row = 0; row < kRows; ++row) {
      const typename V::Reg a_value = V::splat(a[row * args.a_row_stride]);
#pragma GCC unroll 4
      for (size_t v = 0; v < kVectors; ++v) sum[row][v] = V::fma(a_value, b_row[v], sum[row][v]);
    }
    a += args.a_col_stride;
    b += kVectors * V::kLanes;
    prefetch += step.prefetch_stride_bytes;
  }

  if (step.last) return store_result<V>(args, step, sum);
#pragma GCC unroll 16
  for (size_t row = 0; row < kRows; ++row) {
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v) V::store(step.sums + (row * kVectors + v) * V::kLanes, sum[row][v]);
  }
}

// multiply_tile for a number of rows and vectors known at run time.
template <typename V, size_t kRows = V::kGemmRows, size_t kVectors = V::kGemmVectors>
inline void run_tile(size_t rows, size_t vectors, const GemmArgs& args, const TileStep& step) {
  if constexpr (kVectors > 1) {
    if (vectors < kVectors) return run_tile<V, kRows, kVectors - 1>(rows, vectors, args, step);
  }
  if constexpr (kRows > 1) {
    if (rows < kRows) return run_tile<V, kRows - 1, kVectors>(rows, vectors, args, step);
  }
  multiply_tile<V, kRows, kVectors>(args, step);
}

// Splits `total` into `parts` as evenly as can be (17 rows are 5 + 6 + 6, not 8 + 8 + 1); returns where part
// `index` starts. A template on V like all that is here (see vector_loop.h).
template <typename V>
inline size_t part_start(size_t total, size_t parts, size_t index) {
  return total * index / parts;
}

// Tiles [begin, end) of the `total` that the rows of A make.
struct RowTiles {
  size_t total;
  size_t begin;
  size_t end;
};

// A group of row tiles against the panel of B that starts at column `first`.
template <typename V>
inline void multiply_panel(const GemmArgs& args, const RowTiles& tiles, size_t first, float* sums) {
  const size_t columns = args.n - first < kPanelColumns<V> ? args.n - first : kPanelColumns<V>;
  const size_t width = packed_floats<V>(columns, 1);
  const size_t vectors = width / V::kLanes;
  const size_t blocks = args.k <= V::kGemmDepth ? 1 : (args.k + V::kGemmDepth - 1) / V::kGemmDepth;
  const size_t count = tiles.end - tiles.begin;
  const size_t stride_bytes = (width * sizeof(float) + count - 1) / count;
  TileStep step{};
  step.bias = args.bias == nullptr ? nullptr : args.bias + first;
  step.columns = columns;
  step.prefetch_stride_bytes = stride_bytes;
  for (size_t block = 0; block < blocks; ++block) {
    const size_t p = part_start<V>(args.k, blocks, block);
    step.depth = part_start<V>(args.k, blocks, block + 1) - p;
    step.b = args.packed_b + first * args.k + p * width;
    step.first = block == 0;
    step.last = block + 1 == blocks;
    step.prefetch = reinterpret_cast<const char*>(step.b + step.depth * width);
    for (size_t tile = tiles.begin; tile < tiles.end; ++tile) {
      const size_t row = part_start<V>(args.m, tiles.total, tile);
      const size_t rows = part_start<V>(args.m, tiles.total, tile + 1) - row;
      step.a = args.a + row * args.a_row_stride + p * args.a_col_stride;
      step.c = args.c + row * args.ldc + first;
      step.sums = sums + (tile - tiles.begin) * V::kGemmRows * kPanelColumns<V>;
      run_tile<V>(rows, vectors, args, step);
      step.prefetch += step.depth * stride_bytes;
      if (!step.last || args.activation == Activation::kNone) continue;
      for (size_t r = 0; r < rows; ++r) activate<V>(args.activation, step.c + r * args.ldc, columns);
    }
  }
}

// As few tiles as hold the rows, but one for each line in a panel's row: a tile prefetches one line per step,
// and with fewer tiles a part of B would come from memory unannounced. At 8 to 16 rows, B from a contended
// memory, 1.4 times as fast.
template <typename V>
inline size_t count_tiles(size_t m) {
  constexpr size_t kLinesPerStep = kPanelColumns<V> * sizeof(float) / 64;
  const size_t needed = (m + V::kGemmRows - 1) / V::kGemmRows;
  if (needed >= kLinesPerStep) return needed;
  return m < kLinesPerStep ? m : kLinesPerStep;
}

template <typename V>
void gemm(const GemmArgs& args) {
  constexpr size_t kGroupTiles = kGroupRows / V::kGemmRows;
  alignas(64) float sums[kGroupTiles * V::kGemmRows * kPanelColumns<V>];
  const size_t tiles = count_tiles<V>(args.m);
  const size_t groups = (tiles + kGroupTiles - 1) / kGroupTiles;
  for (size_t group = 0; group < groups; ++group) {
    const RowTiles members{.total = tiles,
                           .begin = part_start<V>(tiles, groups, group),
                           .end = part_start<V>(tiles, groups, group + 1)};
    for (size_t first = 0; first < args.n; first += kPanelColumns<V>) {
      multiply_panel<V>(args, members, first, sums);
    }
  }
}

}  // namespace pointsman::simd
