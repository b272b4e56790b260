// Peak of NEON. A multiply-add takes 4 cycles and up to four start per cycle: 16 independent chains.
#include <arm_neon.h>

#include <array>

#include "peak.h"

namespace pointsman::bench {
namespace {

constexpr int kChains = 16;

// The accumulator is the only operand that vfmaq writes, so every chain adds a constant product: it grows to
// 2^14, where adding 2^-10 no longer changes it. The empty assembly keeps it in its register and alive.
void fma_neon(std::uint64_t iterations) {
  const float32x4_t factor = vdupq_n_f32(1.0F);
  const float32x4_t term = vdupq_n_f32(0x1p-10F);
  float32x4_t x[kChains];
#pragma GCC unroll 16
  for (float32x4_t& chain : x) chain = vdupq_n_f32(0.0F);
  for (std::uint64_t i = 0; i < iterations; ++i) {
#pragma GCC unroll 16
    for (float32x4_t& chain : x) {
      chain = vfmaq_f32(chain, factor, term);
      __asm__ volatile("" : "+w"(chain));
    }
  }
}

}  // namespace

std::span<const Peak> peaks() {
  static const std::array all{Peak{"neon", true, fma_neon, 4 * 2.0 * kChains}};
  return all;
}

}  // namespace pointsman::bench
