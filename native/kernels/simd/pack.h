// Packed layout of a GEMM's B: panels of kGemmVectors vectors of columns, each panel k rows one after the
// other, so that the micro-kernel reads one ascending stream. The last panel has only the vectors it needs;
// its missing columns are 0.
#pragma once

#include <stddef.h>

#include "kernels/kernel_table.h"

namespace pointsman::simd {

template <typename V>
inline constexpr size_t kPanelColumns = V::kGemmVectors * V::kLanes;

template <typename V>
size_t packed_floats(size_t n, size_t k) {
  return (n + V::kLanes - 1) / V::kLanes * V::kLanes * k;
}

// Columns are contiguous in B: row by row copies.
template <typename V>
inline void pack_rows(const PackArgs& args, const float* b, size_t columns, float* packed, size_t width) {
  for (size_t p = 0; p < args.k; ++p) {
    const float* row = b + p * args.row_stride;
    size_t j = 0;
    for (; j + V::kLanes <= columns; j += V::kLanes) V::store(packed + p * width + j, V::load(row + j));
    if (j < columns) V::store(packed + p * width + j, V::load(row + j, V::first(columns - j)));
  }
}

// Rows are contiguous in B (a weight stored [out, in]): square blocks are transposed in registers.
template <typename V>
inline void pack_columns(const PackArgs& args, const float* b, size_t columns, float* packed, size_t width) {
  typename V::Reg block[V::kLanes];
  for (size_t p = 0; p < args.k; p += V::kLanes) {
    const size_t rows = args.k - p < V::kLanes ? args.k - p : V::kLanes;
    for (size_t j = 0; j < columns; ++j) block[j] = V::load(b + j * args.col_stride + p, V::first(rows));
    for (size_t j = columns; j < V::kLanes; ++j) block[j] = V::zero();
    V::transpose(block);
    for (size_t row = 0; row < rows; ++row) V::store(packed + (p + row) * width, block[row]);
  }
}

template <typename V>
inline void pack_strided(const PackArgs& args, const float* b, size_t columns, float* packed, size_t width) {
  for (size_t p = 0; p < args.k; ++p) {
    for (size_t j = 0; j < width; ++j) {
      packed[p * width + j] = j < columns ? b[p * args.row_stride + j * args.col_stride] : 0.0F;
    }
  }
}

template <typename V>
void pack(const PackArgs& args) {
  for (size_t first = 0; first < args.n; first += kPanelColumns<V>) {
    const size_t columns = args.n - first < kPanelColumns<V> ? args.n - first : kPanelColumns<V>;
    const size_t width = packed_floats<V>(columns, 1);
    const float* b = args.b + first * args.col_stride;
    float* packed = args.packed + first * args.k;
    if (args.col_stride == 1) {
      pack_rows<V>(args, b, columns, packed, width);
    } else if (args.row_stride == 1) {
      for (size_t j = 0; j < columns; j += V::kLanes) {
        const size_t part = columns - j < V::kLanes ? columns - j : V::kLanes;
        pack_columns<V>(args, b + j * args.col_stride, part, packed + j, width);
      }
    } else {
      pack_strided<V>(args, b, columns, packed, width);
    }
  }
}

}  // namespace pointsman::simd
