// Rows of 16-bit numbers in shared memory, in chunks of 16 bytes that are permuted within each row
// (swizzled), so that the eight rows an ldmatrix reads at one column lie in eight different groups of four
// banks.
#pragma once

#include <cuda_runtime.h>

#include "cuda/ptx.cuh"

namespace pointsman::cuda {

inline constexpr int kChunk = 8;  // numbers in 16 bytes

// kColumns is 32 or 64: a row is half of the 128 bytes that 32 banks hold, or all of them.
template <typename T, int kRows, int kColumns>
struct SharedTile {
  static_assert(kColumns == 32 || kColumns == 64);
  static constexpr int kChunks = kColumns / kChunk;
  static constexpr int kElements = kRows * kColumns;

  T* data;

  __device__ __forceinline__ T* chunk(int row, int index) const {
    const int mixed = kColumns == 32 ? index ^ (row >> 1 & 3) : index ^ (row & 7);
    return data + row * kColumns + mixed * kChunk;
  }

  // Begins to copy rows from `from` on, row_stride apart; rows from `rows_there` on become zero. All kThreads
  // threads of the block take part.
  template <int kThreads>
  __device__ __forceinline__ void copy_async(const T* from, std::size_t row_stride, int rows_there) const {
    static_assert(kRows * kChunks % kThreads == 0);
#pragma unroll
    for (int i = 0; i < kRows * kChunks / kThreads; ++i) {
      const int number = i * kThreads + static_cast<int>(threadIdx.x);
      const int row = number / kChunks;
      const bool is_there = row < rows_there;
      // A row that is not there has an address all the same, one that is.
      const T* source = from + (is_there ? row : 0) * row_stride + number % kChunks * kChunk;
      cp_async16(chunk(row, number % kChunks), source, is_there);
    }
  }

  // The left operand of a product: rows [first_row, + 16), columns [first_column, + 16).
  __device__ __forceinline__ void load_a(std::uint32_t (&to)[4], int first_row, int first_column,
                                         int lane) const {
    ldmatrix_x4(to, chunk(first_row + lane % 16, first_column / kChunk + lane / 16));
  }

  // The right operand of two products, from rows that are its columns: to[0] and to[1] for rows [first_row, +
  // 8), to[2] and to[3] for the next 8.
  __device__ __forceinline__ void load_b(std::uint32_t (&to)[4], int first_row, int first_column,
                                         int lane) const {
    ldmatrix_x4(to, chunk(first_row + lane % 8 + lane / 16 * 8, first_column / kChunk + lane / 8 % 2));
  }

  // The same from rows that are its rows: to[0] and to[1] for columns [first_column, + 8), then the next 8.
  __device__ __forceinline__ void load_b_transposed(std::uint32_t (&to)[4], int first_row, int first_column,
                                                    int lane) const {
    ldmatrix_x4_transposed(to, chunk(first_row + lane % 16, first_column / kChunk + lane / 16));
  }
};

}  // namespace pointsman::cuda
