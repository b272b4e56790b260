// The right-hand side of a product that never changes: the rows of a matrix, each to be multiplied with every
// row of A.
#pragma once

#include <cstddef>
#include <span>

#include "base/aligned_buffer.h"
#include "kernels/kernel_table.h"

namespace pointsman {

class PackedMatrix {
 public:
  // values: [rows, cols], row-major. The table outlives the matrix (tables are static).
  PackedMatrix(std::span<const float> values, std::size_t rows, std::size_t cols, const KernelTable& table)
      : table_(&table), rows_(rows), cols_(cols), packed_(table.packed_floats(rows, cols)) {
    table.pack({.b = values.data(),
                .row_stride = 1,
                .col_stride = cols,
                .n = rows,
                .k = cols,
                .packed = packed_.data()});
  }

  std::size_t rows() const noexcept { return rows_; }
  std::size_t cols() const noexcept { return cols_; }

  // out [count, rows()] = x [count, cols()] · matrixᵀ + bias. `bias` [rows()] may be null.
  void multiply(const float* x, std::size_t count, const float* bias, float* out) const {
    table_->gemm({.a = x,
                  .a_row_stride = cols_,
                  .a_col_stride = 1,
                  .packed_b = packed_.data(),
                  .c = out,
                  .ldc = rows_,
                  .m = count,
                  .n = rows_,
                  .k = cols_,
                  .bias = bias});
  }

 private:
  const KernelTable* table_;
  std::size_t rows_;
  std::size_t cols_;
  AlignedBuffer<float> packed_;
};

}  // namespace pointsman
