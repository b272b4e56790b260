// The right-hand side of a product that never changes: the rows of a matrix, each to be multiplied with every
// row of A.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

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

  // The matrix again, [rows(), cols()]: its product with the unit vectors, which is exact.
  std::vector<float> values() const {
    std::vector<float> units(cols_ * cols_);
    for (std::size_t i = 0; i < cols_; ++i) units[i * cols_ + i] = 1.0F;
    std::vector<float> transposed(cols_ * rows_);
    multiply(units.data(), cols_, nullptr, transposed.data());
    std::vector<float> values(rows_ * cols_);
    for (std::size_t i = 0; i < cols_; ++i) {
      for (std::size_t j = 0; j < rows_; ++j) values[j * cols_ + i] = transposed[i * rows_ + j];
    }
    return values;
  }

 private:
  const KernelTable* table_;
  std::size_t rows_;
  std::size_t cols_;
  AlignedBuffer<float> packed_;
};

}  // namespace pointsman
