// out = activation(A · Wᵀ + bias) on packed bf16 weights: the loops of Goto and van de Geijn (2008).
//
//   group of rows              A's part of a block and what it makes stay in L2
//     panel of 32 columns
//       block of k             the block of W stays in L1 while the group passes over it
//         two tiles of rows    four tiles of sums in registers; between blocks of k they wait in `sums`
//
// Each sum is one chain over ascending k whatever tile, block or group it falls in, so a row's bits depend on
// no other row. `U` is the unit that multiplies tiles; V its vector type.
#pragma once

#include <stddef.h>

#include "kernels/bf16/elementary.h"
#include "kernels/bf16/tiles.h"

namespace pointsman::bf16 {

// 12 tiles of k: a block of W is 24 KiB, half of L1, and MiniLM's hidden size of 384 one block.
inline constexpr size_t kBlockSteps = 12;

// 256 rows: W comes from beyond L2 once per group, and the sums of a panel are 32 KiB on the stack.
inline constexpr size_t kGroupTiles = 16;

// Two row tiles (or one) of finished sums that wait to be activated, rounded and stored: done a few rows at a
// time while the unit multiplies the next block, for vector work and tile products overlap only when
// interleaved. All rows are gone before that block's sums take the same place.
template <typename V>
class PendingBlock {
 public:
  PendingBlock() = default;
  PendingBlock(const Bf16LinearArgs& args, const float* sums, size_t row, size_t row_tiles, size_t column)
      : sums_(sums), rows_left_(row_tiles * kTileRows) {
    const bool in_tiles = args.layout == Bf16Output::kTiles;
    out_ = static_cast<Bf16*>(args.out) +
           (in_tiles ? row_tile_offset(row, column, args.n) : panel_offset(row, column, args.panel_rows));
    // From the last row of a tile to the first of the one below.
    next_tile_ = in_tiles ? args.n / kTileDepth * kTileElements - kTileElements : 0;
  }

  template <typename Function>
  void store_rows(size_t count, Function function) {
    if (count > rows_left_) count = rows_left_;
    rows_left_ -= count;
    for (; count != 0; --count) {
      V::store_bf16(out_, function(V::load(sums_)), function(V::load(sums_ + kSumElements)));
      sums_ += kTileRows;
      out_ += kTileDepth;
      if (++row_ == kTileRows) {
        row_ = 0;
        sums_ += kSumElements;
        out_ += next_tile_;
      }
    }
  }

 private:
  const float* sums_ = nullptr;
  Bf16* out_ = nullptr;
  size_t next_tile_ = 0;
  size_t rows_left_ = 0;
  size_t row_ = 0;
};

struct TileRange {
  size_t begin;
  size_t end;
};

// The rows of a group against all panels. `Function` is the activation.
template <typename U, typename V, typename Function>
class GroupProduct {
 public:
  GroupProduct(const Bf16LinearArgs& args, TileRange tiles, float* sums, Function function)
      : args_(args),
        tiles_(tiles),
        pairs_((tiles.end - tiles.begin + 1) / 2),
        depth_(args.k / kTileDepth),
        blocks_((depth_ + kBlockSteps - 1) / kBlockSteps),
        lines_per_step_((2 * kTileElements * sizeof(Bf16) / 64 + pairs_ - 1) / pairs_),
        sums_(sums),
        function_(function) {}

  void run() {
    for (size_t column = 0; column < args_.n; column += kPanelColumns) {
      for (size_t block = 0; block < blocks_; ++block) {
        for (size_t pair = 0; pair < pairs_; ++pair) multiply_block(column, block, pair);
      }
    }
    pending_.store_rows(2 * kTileRows, function_);
  }

 private:
  // One block of k of one panel against one pair of row tiles (or the last, single one).
  void multiply_block(size_t column, size_t block, size_t pair) {
    const size_t p = depth_ * block / blocks_;
    const size_t steps = depth_ * (block + 1) / blocks_ - p;
    const size_t tile = tiles_.begin + 2 * pair;
    const size_t row_tiles = tiles_.end - tile < 2 ? 1 : 2;
    const bool last = block + 1 == blocks_;
    const bool adds = args_.layout == Bf16Output::kAddToRows;
    // Only sums that wait for another block of k need a place each.
    float* waiting = sums_ + (blocks_ == 1 ? 0 : 4 * kSumElements * pair);
    const SumTiles<float> in_sums{waiting, kTileRows, 2 * kSumElements, kSumElements};
    const Bf16* b = args_.packed + column * args_.k + p * 2 * kTileElements;
    TileProduct product{.a = args_.a + (tile * depth_ + p) * kTileElements,
                        .a_row_stride = kTileDepth,
                        .a_down = depth_ * kTileElements,
                        .a_step = kTileElements,
                        .b = b,
                        .b_right = kTileElements,
                        .b_step = 2 * kTileElements,
                        .steps = steps,
                        .start = {args_.bias + column, 0, 0, kTileRows},
                        .sums = in_sums};
    if (block > 0) product.start = {waiting, kTileRows, 2 * kSumElements, kSumElements};
    if (adds) {
      float* rows = static_cast<float*>(args_.out) + tile * kTileRows * args_.n + column;
      product.start = {rows, args_.n, kTileRows * args_.n, kTileRows};
      product.sums = {rows, args_.n, kTileRows * args_.n, kTileRows};
    }
    const size_t bytes_per_step = lines_per_step_ * 64;
    const char* next =
        reinterpret_cast<const char*>(b + steps * 2 * kTileElements) + pair * steps * bytes_per_step;
    const size_t rows_per_step = (2 * kTileRows + steps - 1) / steps;
    const auto meanwhile = [&](size_t step) {
      for (size_t line = 0; line < bytes_per_step; line += 64)
        __builtin_prefetch(next + step * bytes_per_step + line, 0, 2);
      pending_.store_rows(rows_per_step, function_);
    };
    if (row_tiles == 2) {
      U::template multiply<2, 2>(product, meanwhile);
    } else {
      U::template multiply<1, 2>(product, meanwhile);
    }
    if (!last || adds) return;
    pending_ = PendingBlock<V>(args_, waiting, tile * kTileRows, row_tiles, column);
  }

  const Bf16LinearArgs& args_;
  TileRange tiles_;
  size_t pairs_;
  size_t depth_;
  size_t blocks_;
  size_t lines_per_step_;
  float* sums_;
  Function function_;
  PendingBlock<V> pending_;
};

template <typename U, typename V, typename Function>
inline void multiply_groups(const Bf16LinearArgs& args, Function function) {
  alignas(64) float sums[kGroupTiles * 2 * kSumElements];
  [[maybe_unused]] const typename U::Session session;
  const size_t tiles = tiles_of_rows(args.m);
  for (size_t begin = 0; begin < tiles; begin += kGroupTiles) {
    const size_t end = tiles - begin < kGroupTiles ? tiles : begin + kGroupTiles;
    GroupProduct<U, V, Function>(args, {begin, end}, sums, function).run();
  }
}

template <typename U, typename V>
void linear(const Bf16LinearArgs& args) {
  using Reg = typename V::Reg;
  switch (args.activation) {
    case Activation::kNone:
      return multiply_groups<U, V>(args, [](Reg v) { return v; });
    case Activation::kRelu:
      return multiply_groups<U, V>(args, [](Reg v) { return V::max(V::zero(), v); });
    case Activation::kGelu:
      return multiply_groups<U, V>(args, [](Reg v) { return gelu<V>(v); });
    case Activation::kSigmoid:
      return multiply_groups<U, V>(args, [](Reg v) { return simd::sigmoid<V>(v); });
    case Activation::kTanh:
      return multiply_groups<U, V>(args, [](Reg v) { return simd::tanh<V>(v); });
  }
}

}  // namespace pointsman::bf16
