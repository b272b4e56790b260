// NEON (Advanced SIMD of AArch64, part of its baseline): the vector type of kernels/simd and the table made
// from it.
#include <arm_neon.h>

#include "kernels/isa_tables.h"
#include "kernels/simd/table.h"

namespace pointsman {
namespace {

struct Neon {
  using Reg = float32x4_t;
  // The first `count` lanes. NEON has no masked loads, so a partial vector is loaded by its length; what a
  // comparison gives is a Condition.
  struct Mask {
    size_t count;
  };
  using Condition = uint32x4_t;
  struct All {};
  static constexpr size_t kLanes = 4;

  // 24 accumulators, 4 vectors of B and a broadcast in 32 registers: 10 loads for 24 multiply-adds, where 8 x
  // 3 needs 11. A row of a panel is one cache line, and panels of 16 columns divide head sizes of 32 and 64.
  // A block of B, 256 x 16 floats, is 16 KiB, half of the smallest L1. Derived, not measured: no ARM machine
  // was at hand.
  static constexpr size_t kGemmRows = 6;
  static constexpr size_t kGemmVectors = 4;
  static constexpr size_t kGemmDepth = 256;

  static Mask first(size_t count) { return {count}; }

  static Reg load(const float* p) { return vld1q_f32(p); }
  static Reg load(const float* p, All) { return vld1q_f32(p); }
  static Reg load(const float* p, Mask lanes) {
    switch (lanes.count) {
      case 0:
        return zero();
      case 1:
        return vld1q_lane_f32(p, zero(), 0);
      case 2:
        return vcombine_f32(vld1_f32(p), vdup_n_f32(0.0F));
      case 3:
        return vld1q_lane_f32(p + 2, vcombine_f32(vld1_f32(p), vdup_n_f32(0.0F)), 2);
      default:
        return vld1q_f32(p);
    }
  }
  static Reg load_half(const uint16_t* p) { return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p))); }
  static void store(float* p, Reg v) { vst1q_f32(p, v); }
  static void store(float* p, Reg v, All) { vst1q_f32(p, v); }
  static void store(float* p, Reg v, Mask lanes) {
    switch (lanes.count) {
      case 0:
        return;
      case 1:
        return vst1q_lane_f32(p, v, 0);
      case 2:
        return vst1_f32(p, vget_low_f32(v));
      case 3:
        vst1_f32(p, vget_low_f32(v));
        return vst1q_lane_f32(p + 2, v, 2);
      default:
        return vst1q_f32(p, v);
    }
  }

  static Reg zero() { return vdupq_n_f32(0.0F); }
  static Reg splat(float x) { return vdupq_n_f32(x); }
  static Reg add(Reg a, Reg b) { return vaddq_f32(a, b); }
  static Reg sub(Reg a, Reg b) { return vsubq_f32(a, b); }
  static Reg mul(Reg a, Reg b) { return vmulq_f32(a, b); }
  static Reg div(Reg a, Reg b) { return vdivq_f32(a, b); }
  static Reg fma(Reg a, Reg b, Reg c) { return vfmaq_f32(c, a, b); }
  static Reg sqrt(Reg a) { return vsqrtq_f32(a); }
  // NaN where either is: for a NaN in `b`, the only place the kernels have one in, as on x86.
  static Reg max(Reg a, Reg b) { return vmaxq_f32(a, b); }
  static Reg min(Reg a, Reg b) { return vminq_f32(a, b); }
  static Reg abs(Reg a) { return vabsq_f32(a); }
  static Reg copy_sign(Reg magnitude, Reg sign) {
    return vbslq_f32(vdupq_n_u32(0x80000000U), sign, magnitude);
  }
  static Reg round(Reg a) { return vrndnq_f32(a); }
  // v 2^n for integral n in [-150, 128], with gradual underflow: 2^n itself may not be a normal number, its
  // halves are.
  static Reg ldexp(Reg v, Reg n) {
    const int32x4_t whole = vcvtnq_s32_f32(n);
    const int32x4_t half = vshrq_n_s32(whole, 1);
    return mul(mul(v, power_of_two(half)), power_of_two(vsubq_s32(whole, half)));
  }

  static Condition less(Reg a, Reg b) { return vcltq_f32(a, b); }
  static Reg select(All, Reg a, Reg) { return a; }
  static Reg select(Condition lanes, Reg a, Reg b) { return vbslq_f32(lanes, a, b); }
  static Reg select(Mask lanes, Reg a, Reg b) {
    static constexpr uint32_t kIndex[kLanes] = {0, 1, 2, 3};
    const uint32_t count = lanes.count < kLanes ? static_cast<uint32_t>(lanes.count) : kLanes;
    return vbslq_f32(vcltq_u32(vld1q_u32(kIndex), vdupq_n_u32(count)), a, b);
  }

  static float sum(Reg v) { return vaddvq_f32(v); }
  static float max_lane(Reg v) { return vmaxvq_f32(v); }

  // Columns become rows: pairs, then 64-bit halves.
  static void transpose(Reg (&row)[kLanes]) {
    const float64x2_t even_low = vreinterpretq_f64_f32(vtrn1q_f32(row[0], row[1]));
    const float64x2_t odd_low = vreinterpretq_f64_f32(vtrn2q_f32(row[0], row[1]));
    const float64x2_t even_high = vreinterpretq_f64_f32(vtrn1q_f32(row[2], row[3]));
    const float64x2_t odd_high = vreinterpretq_f64_f32(vtrn2q_f32(row[2], row[3]));
    row[0] = vreinterpretq_f32_f64(vtrn1q_f64(even_low, even_high));
    row[1] = vreinterpretq_f32_f64(vtrn1q_f64(odd_low, odd_high));
    row[2] = vreinterpretq_f32_f64(vtrn2q_f64(even_low, even_high));
    row[3] = vreinterpretq_f32_f64(vtrn2q_f64(odd_low, odd_high));
  }

 private:
  static Reg power_of_two(int32x4_t exponent) {
    return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(exponent, vdupq_n_s32(127)), 23));
  }
};

}  // namespace

constinit const KernelTable kNeonKernels = simd::make_table<Neon>("neon");

}  // namespace pointsman
