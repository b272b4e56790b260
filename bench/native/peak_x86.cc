// Peaks of x86-64. A multiply-add takes 4 or 5 cycles and two start per cycle: from 10 independent chains on
// the units are full. 12 chains and two constants fit into AVX2's 16 registers.
#include <immintrin.h>

#include <array>
#include <vector>

#include "base/cpu.h"
#include "peak.h"

namespace pointsman::bench {
namespace {

// A multiply-add takes 4 or 5 cycles and two start per cycle: from 10 independent chains on the units are
// full. 12 chains and two constants fit into AVX2's 16 registers.
constexpr int kChains = 12;
constexpr double kFlopPerLane = 2.0 * kChains;

// x <- x (1 - 2^-10) + 2^-10 converges to 1: no overflow, no subnormal numbers. The empty assembly keeps
// every chain in a register and alive.
__attribute__((target("avx2,fma"))) void fma_avx2(std::uint64_t iterations) {
  const __m256 factor = _mm256_set1_ps(1.0F - 0x1p-10F);
  const __m256 term = _mm256_set1_ps(0x1p-10F);
  __m256 x[kChains];
#pragma GCC unroll 16
  for (__m256& chain : x) chain = _mm256_setzero_ps();
  for (std::uint64_t i = 0; i < iterations; ++i) {
#pragma GCC unroll 16
    for (__m256& chain : x) {
      chain = _mm256_fmadd_ps(chain, factor, term);
      __asm__ volatile("" : "+x"(chain));
    }
  }
}

__attribute__((target("avx512f"))) void fma_avx512(std::uint64_t iterations) {
  const __m512 factor = _mm512_set1_ps(1.0F - 0x1p-10F);
  const __m512 term = _mm512_set1_ps(0x1p-10F);
  __m512 x[kChains];
#pragma GCC unroll 16
  for (__m512& chain : x) chain = _mm512_setzero_ps();
  for (std::uint64_t i = 0; i < iterations; ++i) {
#pragma GCC unroll 16
    for (__m512& chain : x) {
      chain = _mm512_fmadd_ps(chain, factor, term);
      __asm__ volatile("" : "+v"(chain));
    }
  }
}

// Two products and their sum per lane. Chains grow to 2^24 or so, where adding 1 no longer changes them.
__attribute__((target("avx512f,avx512bf16"))) void fma_avx512_bf16(std::uint64_t iterations) {
  const __m512bh ones = (__m512bh)_mm512_set1_epi16(0x3F80);
  __m512 x[kChains];
#pragma GCC unroll 16
  for (__m512& chain : x) chain = _mm512_setzero_ps();
  for (std::uint64_t i = 0; i < iterations; ++i) {
#pragma GCC unroll 16
    for (__m512& chain : x) {
      chain = _mm512_dpbf16_ps(chain, ones, ones);
      __asm__ volatile("" : "+v"(chain));
    }
  }
}

struct alignas(64) TileConfig {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

// A product of tiles takes 52 cycles and one starts every 16: four chains would do, six fill the tiles.
constexpr double kFlopPerTileProduct = 2.0 * 16 * 16 * 32;

__attribute__((target("amx-tile,amx-bf16"))) void fma_amx(std::uint64_t iterations) {
  static const TileConfig config;
  static const std::vector<std::uint16_t> ones(std::size_t{16} * 32, 0x3F80);
  _tile_loadconfig(&config);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  _tile_loadd(6, ones.data(), 64);
  _tile_loadd(7, ones.data(), 64);
  for (std::uint64_t i = 0; i < iterations; ++i) {
    _tile_dpbf16ps(0, 6, 7);
    _tile_dpbf16ps(1, 6, 7);
    _tile_dpbf16ps(2, 6, 7);
    _tile_dpbf16ps(3, 6, 7);
    _tile_dpbf16ps(4, 6, 7);
    _tile_dpbf16ps(5, 6, 7);
  }
  _tile_release();
}

}  // namespace

std::span<const Peak> peaks() {
  static const std::array all{
      Peak{"amx", cpu_features().amx, fma_amx, 6 * kFlopPerTileProduct},
      Peak{"avx512_bf16", cpu_features().avx512_bf16, fma_avx512_bf16, 2 * 16 * kFlopPerLane},
      Peak{"avx512", cpu_features().avx512, fma_avx512, 16 * kFlopPerLane},
      Peak{"avx2", cpu_features().avx2, fma_avx2, 8 * kFlopPerLane}};
  return all;
}

}  // namespace pointsman::bench
