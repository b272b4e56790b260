// Attention of one sequence: per head, a block of 32 queries at a time against all keys. Scores are held
// transposed, keys down and queries across, so that the softmax of a query is vertical and needs no sum
// across lanes:
//
//   scores  [keys, queries] = K Qᵀ          K as it lies in qkv, Qᵀ packed per block
//   weights [keys, queries] = exp(scores - max), rounded to bf16 as the right operand of
//   context [head_dim, queries] = Vᵀ weights, divided by the sum of the weights and turned back
//
// There is no mask: keys past the end get weight zero and values past the end are read as zero.
#pragma once

#include <stddef.h>

#include "kernels/bf16/elementary.h"
#include "kernels/bf16/tiles.h"

namespace pointsman::bf16 {

inline constexpr size_t kQueryTiles =
    2;  // 32 queries: every tile of keys and values read serves two products

static inline size_t key_steps(size_t length) {
  return (length + kTileDepth - 1) / kTileDepth;
}

// The parts of the scratch memory.
struct AttentionScratch {
  Bf16* values;    // [head_dim / 16][key steps] tiles of Vᵀ
  Bf16* queries;   // [query tiles][head_dim / 32] tiles of Qᵀ
  float* scores;   // [query tiles][keys][16]
  Bf16* weights;   // [query tiles][key steps] tiles
  float* context;  // [head_dim / 16][query tiles] tiles
};

static inline size_t values_elements(size_t length, size_t head_dim) {
  return head_dim / kTileRows * key_steps(length) * kTileElements;
}
static inline size_t queries_elements(size_t head_dim) {
  return kQueryTiles * (head_dim / kTileDepth) * kTileElements;
}
static inline size_t scores_elements(size_t length) {
  return 2 * key_steps(length) * kQueryTiles * kSumElements;
}
static inline size_t weights_elements(size_t length) {
  return kQueryTiles * key_steps(length) * kTileElements;
}
static inline size_t context_elements(size_t head_dim) {
  return head_dim / kTileRows * kQueryTiles * kSumElements;
}

template <typename U>
size_t attention_scratch_bytes(size_t length, size_t head_dim) {
  const size_t halves =
      values_elements(length, head_dim) + queries_elements(head_dim) + weights_elements(length);
  return halves * sizeof(Bf16) + (scores_elements(length) + context_elements(head_dim)) * sizeof(float);
}

static inline AttentionScratch divide_scratch(const Bf16AttentionArgs& args, size_t head_dim) {
  AttentionScratch scratch{};
  scratch.values = reinterpret_cast<Bf16*>(args.scratch);
  scratch.queries = scratch.values + values_elements(args.length, head_dim);
  scratch.weights = scratch.queries + queries_elements(head_dim);
  scratch.scores = reinterpret_cast<float*>(scratch.weights + weights_elements(args.length));
  scratch.context = scratch.scores + scores_elements(args.length);
  return scratch;
}

struct Head {
  const Bf16* queries;  // panels, from the sequence's first token on
  const Bf16* keys;
  const Bf16* values;
  size_t panel_stride;  // to the next 32 dimensions
  size_t head_dim;
  size_t length;
  const float* bias;  // at distance 0, or null
};

// Vᵀ: 32 keys of 32 dimensions are paired by key and transposed to two tiles of 16 dimensions.
template <typename V>
inline void transpose_values(const Head& head, Bf16* out) {
  const size_t steps = key_steps(head.length);
  for (size_t column = 0; column < head.head_dim; column += kTileDepth) {
    for (size_t step = 0; step < steps; ++step) {
      typename V::Reg low[kTileRows];
      typename V::Reg high[kTileRows];
      for (size_t pair = 0; pair < kTileRows; ++pair) {
        const size_t key = step * kTileDepth + 2 * pair;
        const Bf16* row = head.values + column / kTileDepth * head.panel_stride + key * kTileDepth;
        const typename V::Reg even = key < head.length ? V::load_pairs(row) : V::zero();
        const typename V::Reg odd = key + 1 < head.length ? V::load_pairs(row + kTileDepth) : V::zero();
        low[pair] = V::pair_low(even, odd);
        high[pair] = V::pair_high(even, odd);
      }
      V::transpose(low);
      V::transpose(high);
      Bf16* first = out + (column / kTileRows * steps + step) * kTileElements;
      Bf16* second = first + steps * kTileElements;
      for (size_t r = 0; r < kTileRows; ++r) V::store_pairs(first + r * kTileDepth, low[r]);
      for (size_t r = 0; r < kTileRows; ++r) V::store_pairs(second + r * kTileDepth, high[r]);
    }
  }
}

// Qᵀ of 16 queries from `first` on. Rows past the sequence belong to another one or to nobody: their columns
// of scores are never used.
template <typename V>
inline void transpose_queries(const Head& head, size_t first, Bf16* out) {
  for (size_t column = 0; column < head.head_dim; column += kTileDepth) {
    typename V::Reg row[kTileRows];
    for (size_t r = 0; r < kTileRows; ++r) {
      row[r] =
          V::load_pairs(head.queries + column / kTileDepth * head.panel_stride + (first + r) * kTileDepth);
    }
    V::transpose(row);
    Bf16* tile = out + column / kTileDepth * kTileElements;
    for (size_t r = 0; r < kTileRows; ++r) V::store_pairs(tile + r * kTileDepth, row[r]);
  }
}

// Scores of key `key` and the 16 queries of a tile. A tile of queries has its keys one after the other.
static inline float* score_row(const AttentionScratch& scratch, size_t length, size_t key,
                               size_t query_tile) {
  return scratch.scores + (query_tile * key_steps(length) * kTileDepth + key) * kTileRows;
}

// highest = max(highest, scores of keys [begin, end)).
template <typename V>
inline typename V::Reg highest_score(const float* rows, size_t count, typename V::Reg highest) {
  typename V::Reg other = highest;
  size_t row = 0;
  for (; row + 1 < count; row += 2) {
    highest = V::max(highest, V::load(rows + row * kTileRows));
    other = V::max(other, V::load(rows + (row + 1) * kTileRows));
  }
  if (row < count) other = V::max(other, V::load(rows + row * kTileRows));
  return V::max(highest, other);
}

// scores = scores * scale + bias for keys [begin, end) and 16 queries.
template <typename V>
inline void add_bias(const Head& head, float* rows, size_t begin, size_t end, size_t first_query) {
  const typename V::Reg scale = V::splat(1.0F / __builtin_sqrtf(static_cast<float>(head.head_dim)));
  const float* at_first_query = head.bias + first_query;
  for (size_t key = begin; key < end; ++key, rows += kTileRows) {
    V::store(rows, V::fma(V::load(rows), scale, V::load(at_first_query - key)));
  }
}

// Scores of all keys for kColumns tiles of queries from first_query on, and the highest of each query.
template <typename U, typename V, size_t kColumns>
inline void score_keys(const Head& head, const AttentionScratch& scratch, size_t first_query,
                       typename V::Reg (&highest)[kColumns]) {
  const size_t keys = key_steps(head.length) * kTileDepth;
  for (size_t column = 0; column < kColumns; ++column) highest[column] = V::splat(-__builtin_inff());
  for (size_t key = 0; key < head.length; key += kTileDepth) {
    const size_t end = head.length - key < kTileDepth ? head.length : key + kTileDepth;
    const TileProduct product{
        .a = head.keys + key * kTileDepth,
        .a_row_stride = kTileDepth,
        .a_down = kTileElements,
        .a_step = head.panel_stride,
        .b = scratch.queries,
        .b_right = head.head_dim / kTileDepth * kTileElements,
        .b_step = kTileElements,
        .steps = head.head_dim / kTileDepth,
        .start = {},
        .sums = {scratch.scores + key * kTileRows, kTileRows, kSumElements, keys * kTileRows}};
    if (end - key > kTileRows) {
      U::template multiply<2, kColumns>(product);
    } else {
      U::template multiply<1, kColumns>(product);
    }
    for (size_t column = 0; column < kColumns; ++column) {
      float* rows = score_row(scratch, head.length, key, column);
      if (head.bias != nullptr) add_bias<V>(head, rows, key, end, first_query + column * kTileRows);
      highest[column] = highest_score<V>(rows, end - key, highest[column]);
    }
  }
}

// The softmax of 16 queries without its division, 32 keys at a time.
template <typename V>
struct Weighing {
  typename V::Reg factor;  // scores to units of log2
  typename V::Reg shift;   // minus the highest score, in these units
  typename V::Reg sum;     // of the weights so far

  static Weighing from(const Head& head, typename V::Reg highest) {
    constexpr float kLog2E = 1.44269504F;
    const bool scaled = head.bias != nullptr;
    const float factor = scaled ? kLog2E : kLog2E / __builtin_sqrtf(static_cast<float>(head.head_dim));
    return {V::splat(factor), V::mul(highest, V::splat(-factor)), V::zero()};
  }

  typename V::Reg weight(const float* row) const { return exp2<V>(V::fma(V::load(row), factor, shift)); }

  // Weights of `count` keys, 32 at most, as pairs; those of the keys missing to 32 are zero.
  void weigh(const float* rows, size_t count, Bf16* out) {
    typename V::Reg odd_sum = V::zero();
    size_t key = 0;
    for (; key + 1 < count; key += 2, out += kTileDepth) {
      const typename V::Reg even = weight(rows + key * kTileRows);
      const typename V::Reg odd = weight(rows + (key + 1) * kTileRows);
      sum = V::add(sum, even);
      odd_sum = V::add(odd_sum, odd);
      V::store_bf16_pairs(out, even, odd);
    }
    for (; key < kTileDepth; key += 2, out += kTileDepth) {
      const typename V::Reg even = key < count ? weight(rows + key * kTileRows) : V::zero();
      sum = V::add(sum, even);
      V::store_bf16_pairs(out, even, V::zero());
    }
    sum = V::add(sum, odd_sum);
  }
};

// context = Vᵀ weights. The weights of a step are computed just before it, while the unit is at the step
// before.
template <typename U, typename V, size_t kColumns>
inline void gather_values(const Head& head, const AttentionScratch& scratch,
                          Weighing<V> (&weighing)[kColumns]) {
  const size_t steps = key_steps(head.length);
  const auto weigh = [&](size_t step) {
    const size_t key = step * kTileDepth;
    const size_t count = head.length - key < kTileDepth ? head.length - key : kTileDepth;
    for (size_t column = 0; column < kColumns; ++column) {
      weighing[column].weigh(score_row(scratch, head.length, key, column), count,
                             scratch.weights + (column * steps + step) * kTileElements);
    }
  };
  for (size_t tile = 0; tile < head.head_dim / kTileRows; tile += 2) {
    const TileProduct product{.a = scratch.values + tile * steps * kTileElements,
                              .a_row_stride = kTileDepth,
                              .a_down = steps * kTileElements,
                              .a_step = kTileElements,
                              .b = scratch.weights,
                              .b_right = steps * kTileElements,
                              .b_step = kTileElements,
                              .steps = steps,
                              .start = {},
                              .sums = {scratch.context + tile * kQueryTiles * kSumElements, kTileRows,
                                       kQueryTiles * kSumElements, kSumElements}};
    if (tile == 0) {
      U::template multiply<2, kColumns>(product, weigh);
    } else {
      U::template multiply<2, kColumns>(product);
    }
  }
}

// 16 queries by 32 dimensions of the context, divided by the queries' sums.
template <typename V>
inline void store_context(const float* sums, typename V::Reg inverse, const Bf16AttentionArgs& args,
                          size_t token, size_t queries, size_t column) {
  typename V::Reg low[kTileRows];
  typename V::Reg high[kTileRows];
  for (size_t dim = 0; dim < kTileRows; ++dim) {
    low[dim] = V::mul(V::load(sums + dim * kTileRows), inverse);
    high[dim] = V::mul(V::load(sums + kQueryTiles * kSumElements + dim * kTileRows), inverse);
  }
  V::transpose(low);
  V::transpose(high);
  for (size_t query = 0; query < queries; ++query) {
    V::store_bf16(args.context + row_tile_offset(token + query, column, args.hidden_size), low[query],
                  high[query]);
  }
}

// kColumns tiles of queries from `first` on.
template <typename U, typename V, size_t kColumns>
inline void attend_block(const Bf16AttentionArgs& args, const Head& head, const AttentionScratch& scratch,
                         size_t first, size_t head_column) {
  for (size_t tile = 0; tile < kColumns; ++tile) {
    transpose_queries<V>(head, first + tile * kTileRows,
                         scratch.queries + tile * (head.head_dim / kTileDepth) * kTileElements);
  }
  typename V::Reg highest[kColumns];
  score_keys<U, V, kColumns>(head, scratch, first, highest);
  Weighing<V> weighing[kColumns];
  for (size_t tile = 0; tile < kColumns; ++tile) weighing[tile] = Weighing<V>::from(head, highest[tile]);
  gather_values<U, V, kColumns>(head, scratch, weighing);
  for (size_t tile = 0; tile < kColumns; ++tile) {
    const typename V::Reg inverse = V::div(V::splat(1.0F), weighing[tile].sum);
    const size_t query = first + tile * kTileRows;
    const size_t queries = head.length - query < kTileRows ? head.length - query : kTileRows;
    for (size_t dim = 0; dim < head.head_dim; dim += kTileDepth) {
      const size_t sums = dim / kTileRows * kQueryTiles + tile;
      store_context<V>(scratch.context + sums * kSumElements, inverse, args, args.first + query, queries,
                       head_column + dim);
    }
  }
}

template <typename U, typename V>
void attention(const Bf16AttentionArgs& args) {
  [[maybe_unused]] const typename U::Session session;
  const size_t head_dim = args.hidden_size / args.num_heads;
  const AttentionScratch scratch = divide_scratch(args, head_dim);
  const size_t panel_stride = args.panel_rows * kTileDepth;
  for (size_t h = 0; h < args.num_heads; ++h) {
    const Bf16* queries = args.qkv + panel_offset(args.first, h * head_dim, args.panel_rows);
    const Head head{.queries = queries,
                    .keys = queries + args.hidden_size * args.panel_rows,
                    .values = queries + 2 * args.hidden_size * args.panel_rows,
                    .panel_stride = panel_stride,
                    .head_dim = head_dim,
                    .length = args.length,
                    .bias = args.bias == nullptr ? nullptr : args.bias + h * args.bias_stride};
    transpose_values<V>(head, scratch.values);
    for (size_t first = 0; first < args.length; first += kQueryTiles * kTileRows) {
      if (first + kTileRows < args.length) {
        attend_block<U, V, 2>(args, head, scratch, first, h * head_dim);
      } else {
        attend_block<U, V, 1>(args, head, scratch, first, h * head_dim);
      }
    }
  }
}

}  // namespace pointsman::bf16
