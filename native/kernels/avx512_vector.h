// AVX-512 (F, BW, VL, DQ): the vector type of kernels/simd. Included by the per-ISA files built on it only,
// in an unnamed namespace of each: none may share its code with another.
#pragma once

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

namespace pointsman {
namespace {

struct Avx512 {
  using Reg = __m512;
  using Mask = __mmask16;
  struct All {};
  static constexpr size_t kLanes = 16;

  // 24 accumulators, 3 vectors of B and a broadcast in 32 registers: 11 loads for 24 multiply-adds. Eight
  // rows do not thrash a 12-way L1 when A's row stride is a multiple of 4 KiB, fourteen (14 x 2 vectors) do;
  // measured 5 % faster too. A block of B, 128 x 48 floats, is 24 KiB: half of L1 since Ice Lake, three
  // quarters of it before.
  static constexpr size_t kGemmRows = 8;
  static constexpr size_t kGemmVectors = 3;
  static constexpr size_t kGemmDepth = 128;

  // The first `count` lanes; all of them from kLanes on.
  static Mask first(size_t count) {
    return count >= kLanes ? static_cast<Mask>(0xFFFF) : static_cast<Mask>((1U << count) - 1U);
  }

  static Reg load(const float* p) { return _mm512_loadu_ps(p); }
  static Reg load(const float* p, All) { return _mm512_loadu_ps(p); }
  static Reg load(const float* p, Mask lanes) { return _mm512_maskz_loadu_ps(lanes, p); }
  static Reg load_half(const uint16_t* p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static void store(float* p, Reg v) { _mm512_storeu_ps(p, v); }
  static void store(float* p, Reg v, All) { _mm512_storeu_ps(p, v); }
  static void store(float* p, Reg v, Mask lanes) { _mm512_mask_storeu_ps(p, lanes, v); }

  static Reg zero() { return _mm512_setzero_ps(); }
  static Reg splat(float x) { return _mm512_set1_ps(x); }
  static Reg add(Reg a, Reg b) { return _mm512_add_ps(a, b); }
  static Reg sub(Reg a, Reg b) { return _mm512_sub_ps(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm512_mul_ps(a, b); }
  static Reg div(Reg a, Reg b) { return _mm512_div_ps(a, b); }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm512_fmadd_ps(a, b, c); }
  static Reg sqrt(Reg a) { return _mm512_sqrt_ps(a); }
  // `b` where either is NaN.
  static Reg max(Reg a, Reg b) { return _mm512_max_ps(a, b); }
  static Reg min(Reg a, Reg b) { return _mm512_min_ps(a, b); }
  static Reg abs(Reg a) { return _mm512_andnot_ps(splat(-0.0F), a); }
  static Reg copy_sign(Reg magnitude, Reg sign) {
    return _mm512_or_ps(abs(magnitude), _mm512_and_ps(splat(-0.0F), sign));
  }
  static Reg round(Reg a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  // v 2^n for integral n in [-150, 128], with gradual underflow.
  static Reg ldexp(Reg v, Reg n) { return _mm512_scalef_ps(v, n); }

  static Mask less(Reg a, Reg b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
  static Reg select(All, Reg a, Reg) { return a; }
  static Reg select(Mask lanes, Reg a, Reg b) { return _mm512_mask_blend_ps(lanes, b, a); }

  static float sum(Reg v) { return _mm512_reduce_add_ps(v); }
  static float max_lane(Reg v) { return _mm512_reduce_max_ps(v); }

  // Columns become rows: pairs, then fours, then 128-bit quarters twice.
  static void transpose(Reg (&row)[kLanes]) {
    Reg t[kLanes];
    for (size_t i = 0; i < 16; i += 2) {
      t[i] = _mm512_unpacklo_ps(row[i], row[i + 1]);
      t[i + 1] = _mm512_unpackhi_ps(row[i], row[i + 1]);
    }
    for (size_t i = 0; i < 16; i += 4) {
      row[i] = unpack_low_pairs(t[i], t[i + 2]);
      row[i + 1] = unpack_high_pairs(t[i], t[i + 2]);
      row[i + 2] = unpack_low_pairs(t[i + 1], t[i + 3]);
      row[i + 3] = unpack_high_pairs(t[i + 1], t[i + 3]);
    }
    for (size_t i = 0; i < 4; ++i) {
      t[i] = _mm512_shuffle_f32x4(row[i], row[i + 4], 0x88);
      t[i + 4] = _mm512_shuffle_f32x4(row[i], row[i + 4], 0xDD);
      t[i + 8] = _mm512_shuffle_f32x4(row[i + 8], row[i + 12], 0x88);
      t[i + 12] = _mm512_shuffle_f32x4(row[i + 8], row[i + 12], 0xDD);
    }
    for (size_t i = 0; i < 4; ++i) {
      row[i] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0x88);
      row[i + 4] = _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0x88);
      row[i + 8] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0xDD);
      row[i + 12] = _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0xDD);
    }
  }

 private:
  static Reg unpack_low_pairs(Reg a, Reg b) {
    return _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
  }
  static Reg unpack_high_pairs(Reg a, Reg b) {
    return _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
  }
};

}  // namespace
}  // namespace pointsman
