// AVX-512 with BF16 (Cooper Lake, Zen 4 and later): products of bf16 pairs by VDPBF16PS.
#include <immintrin.h>

#include "kernels/bf16/avx512_bf16_vector.h"
#include "kernels/bf16/table.h"
#include "kernels/isa_tables.h"
#include "kernels/simd/table.h"

namespace pointsman {
namespace {

// Half a tile of rows at a time: 8 rows x 2 vectors of sums, 2 vectors of B and a broadcast pair of A.
struct DotProducts {
  struct Session {};

  template <size_t kRows, size_t kColumns, typename BeforeStep = bf16::Nothing>
  static void multiply(const bf16::TileProduct& product, BeforeStep before_step = {}) {
    multiply_rows<kColumns>(product, 0, before_step);
    for (size_t row = kHalf; row < kRows * bf16::kTileRows; row += kHalf) {
      multiply_rows<kColumns>(product, row, bf16::Nothing{});
    }
  }

 private:
  static constexpr size_t kHalf = bf16::kTileRows / 2;

  template <size_t kColumns, typename BeforeStep>
  static void multiply_rows(const bf16::TileProduct& product, size_t first_row, BeforeStep before_step) {
    const size_t tile = first_row / bf16::kTileRows;
    const size_t row_in_tile = first_row % bf16::kTileRows;
    __m512 sum[kHalf][kColumns];
    for (size_t row = 0; row < kHalf; ++row) {
      for (size_t column = 0; column < kColumns; ++column) {
        const auto& from = product.start;
        sum[row][column] = from.data == nullptr
                               ? _mm512_setzero_ps()
                               : _mm512_loadu_ps(from.data + tile * from.down + column * from.right +
                                                 (row_in_tile + row) * from.row_stride);
      }
    }
    const Bf16* a = product.a + tile * product.a_down + row_in_tile * product.a_row_stride;
    const Bf16* b = product.b;
    for (size_t step = 0; step < product.steps; ++step, a += product.a_step, b += product.b_step) {
      before_step(step);
      for (size_t pair = 0; pair < bf16::kTileRows; ++pair) {
        __m512bh b_row[kColumns];
        for (size_t column = 0; column < kColumns; ++column) {
          b_row[column] = load_pairs(b + column * product.b_right + pair * bf16::kTileDepth);
        }
#pragma GCC unroll 8
        for (size_t row = 0; row < kHalf; ++row) {
          const __m512bh a_pair = splat_pair(a + row * product.a_row_stride + 2 * pair);
          for (size_t column = 0; column < kColumns; ++column) {
            sum[row][column] = _mm512_dpbf16_ps(sum[row][column], a_pair, b_row[column]);
          }
        }
      }
    }
    for (size_t row = 0; row < kHalf; ++row) {
      for (size_t column = 0; column < kColumns; ++column) {
        const auto& to = product.sums;
        _mm512_storeu_ps(to.data + tile * to.down + column * to.right + (row_in_tile + row) * to.row_stride,
                         sum[row][column]);
      }
    }
  }

  static __m512bh load_pairs(const Bf16* p) {
    return reinterpret_cast<__m512bh>(_mm512_loadu_si512(p));
  }
  static __m512bh splat_pair(const Bf16* p) {
    int pair;
    __builtin_memcpy(&pair, p, sizeof(pair));
    return reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair));
  }
};

constexpr Bf16Kernels kDotProductBf16 = bf16::make_table<DotProducts, Avx512Bf16>();

}  // namespace

constinit const KernelTable kAvx512Bf16Kernels = simd::make_table<Avx512>("avx512_bf16", &kDotProductBf16);

}  // namespace pointsman
