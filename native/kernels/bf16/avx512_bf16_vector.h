// AVX-512 with the conversions and word shuffles of bf16. See avx512_vector.h on who may include it.
#pragma once

#include "kernels/avx512_vector.h"
#include "kernels/bf16_kernels.h"

namespace pointsman {
namespace {

// A permutation of 32 words.
struct alignas(64) WordIndex {
  uint16_t word[32];
};

// Word 2i comes from word first + i, word 2i + 1 from second + i.
constexpr WordIndex alternate(uint16_t first, uint16_t second) {
  WordIndex index{};
  for (uint16_t i = 0; i < 16; ++i) {
    index.word[2 * i] = static_cast<uint16_t>(first + i);
    index.word[2 * i + 1] = static_cast<uint16_t>(second + i);
  }
  return index;
}

struct Avx512Bf16 : Avx512 {
  // 32 elements in order, rounded to nearest even; subnormal results become zero.
  static void store_bf16(Bf16* p, Reg low, Reg high) {
    store_words(p, as_words(_mm512_cvtne2ps_pbh(high, low)));
  }

  // 16 pairs (first[i], second[i]) of finite numbers, rounded to nearest, halves away from zero. Four plain
  // operations where a conversion and a shuffle wait for one port: attention as a whole is 4 % faster.
  static void store_bf16_pairs(Bf16* p, Reg first, Reg second) {
    const __m512i half = _mm512_set1_epi32(0x8000);
    const __m512i low = _mm512_srli_epi32(_mm512_add_epi32(_mm512_castps_si512(first), half), 16);
    const __m512i high = _mm512_add_epi32(_mm512_castps_si512(second), half);
    store_words(p, _mm512_mask_blend_epi16(0xAAAAAAAA, low, high));
  }

  // 32 bf16 as 16 registers' worth of pairs, moved and transposed like any other 32 bits.
  static Reg load_pairs(const Bf16* p) { return _mm512_castsi512_ps(_mm512_loadu_si512(p)); }
  static void store_pairs(Bf16* p, Reg pairs) { store_words(p, _mm512_castps_si512(pairs)); }

  // Pairs (a[i], b[i]) of two rows of 32 elements, for i below 16 and from 16 on.
  static Reg pair_low(Reg a, Reg b) { return pair_words(a, kPairLow, b); }
  static Reg pair_high(Reg a, Reg b) { return pair_words(a, kPairHigh, b); }

 private:
  static constexpr WordIndex kPairLow = alternate(0, 32);
  static constexpr WordIndex kPairHigh = alternate(16, 48);

  static __m512i load_index(const WordIndex& index) { return _mm512_load_si512(&index); }
  static __m512i as_words(__m512bh v) { return reinterpret_cast<__m512i>(v); }
  static void store_words(Bf16* p, __m512i v) { _mm512_storeu_si512(p, v); }
  static Reg pair_words(Reg a, const WordIndex& index, Reg b) {
    const __m512i words =
        _mm512_permutex2var_epi16(_mm512_castps_si512(a), load_index(index), _mm512_castps_si512(b));
    return _mm512_castsi512_ps(words);
  }
};

}  // namespace
}  // namespace pointsman
