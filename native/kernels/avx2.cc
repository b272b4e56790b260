// AVX2 with FMA and F16C: the vector type of kernels/simd and the table made from it.
#include <immintrin.h>

#include "kernels/isa_tables.h"
#include "kernels/simd/table.h"

namespace pointsman {
namespace {

struct Avx2 {
  using Reg = __m256;
  using Mask = __m256i;  // the sign of each lane
  struct All {};
  static constexpr size_t kLanes = 8;

  // 12 accumulators, 2 vectors of B and a broadcast in 16 registers. A block of B, 256 x 16 floats, is 16
  // KiB, half of the smallest L1.
  static constexpr size_t kGemmRows = 6;
  static constexpr size_t kGemmVectors = 2;
  static constexpr size_t kGemmDepth = 256;

  // The first `count` lanes; all of them from kLanes on.
  static Mask first(size_t count) {
    const int lanes = count >= kLanes ? static_cast<int>(kLanes) : static_cast<int>(count);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }

  static Reg load(const float* p) { return _mm256_loadu_ps(p); }
  static Reg load(const float* p, All) { return _mm256_loadu_ps(p); }
  static Reg load(const float* p, Mask lanes) { return _mm256_maskload_ps(p, lanes); }
  static Reg load_half(const uint16_t* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static void store(float* p, Reg v) { _mm256_storeu_ps(p, v); }
  static void store(float* p, Reg v, All) { _mm256_storeu_ps(p, v); }
  static void store(float* p, Reg v, Mask lanes) { _mm256_maskstore_ps(p, lanes, v); }

  static Reg zero() { return _mm256_setzero_ps(); }
  static Reg splat(float x) { return _mm256_set1_ps(x); }
  static Reg add(Reg a, Reg b) { return _mm256_add_ps(a, b); }
  static Reg sub(Reg a, Reg b) { return _mm256_sub_ps(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm256_mul_ps(a, b); }
  static Reg div(Reg a, Reg b) { return _mm256_div_ps(a, b); }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm256_fmadd_ps(a, b, c); }
  static Reg sqrt(Reg a) { return _mm256_sqrt_ps(a); }
  // `b` where either is NaN.
  static Reg max(Reg a, Reg b) { return _mm256_max_ps(a, b); }
  static Reg min(Reg a, Reg b) { return _mm256_min_ps(a, b); }
  static Reg abs(Reg a) { return _mm256_andnot_ps(splat(-0.0F), a); }
  static Reg copy_sign(Reg magnitude, Reg sign) {
    return _mm256_or_ps(abs(magnitude), _mm256_and_ps(splat(-0.0F), sign));
  }
  static Reg round(Reg a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  // v 2^n for integral n in [-150, 128], with gradual underflow: 2^n itself may not be a normal number, its
  // halves are.
  static Reg ldexp(Reg v, Reg n) {
    const __m256i whole = _mm256_cvtps_epi32(n);
    const __m256i half = _mm256_srai_epi32(whole, 1);
    return mul(mul(v, power_of_two(half)), power_of_two(_mm256_sub_epi32(whole, half)));
  }

  static Mask less(Reg a, Reg b) { return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_LT_OQ)); }
  static Reg select(All, Reg a, Reg) { return a; }
  static Reg select(Mask lanes, Reg a, Reg b) { return _mm256_blendv_ps(b, a, _mm256_castsi256_ps(lanes)); }

  static float sum(Reg v) {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
  static float max_lane(Reg v) {
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
  }

  // Columns become rows: pairs, then fours, then 128-bit halves.
  static void transpose(Reg (&row)[kLanes]) {
    Reg t[kLanes];
    for (size_t i = 0; i < 8; i += 2) {
      t[i] = _mm256_unpacklo_ps(row[i], row[i + 1]);
      t[i + 1] = _mm256_unpackhi_ps(row[i], row[i + 1]);
    }
    for (size_t i = 0; i < 8; i += 4) {
      row[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
      row[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xEE);
      row[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
      row[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xEE);
    }
    for (size_t i = 0; i < 4; ++i) {
      t[i] = _mm256_permute2f128_ps(row[i], row[i + 4], 0x20);
      t[i + 4] = _mm256_permute2f128_ps(row[i], row[i + 4], 0x31);
    }
    for (size_t i = 0; i < 8; ++i) row[i] = t[i];
  }

 private:
  static Reg power_of_two(__m256i exponent) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(exponent, _mm256_set1_epi32(127)), 23));
  }
};

}  // namespace

constinit const KernelTable kAvx2Kernels = simd::make_table<Avx2>("avx2");

}  // namespace pointsman
