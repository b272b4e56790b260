// CPUID and XGETBV: Intel SDM volume 2A, CPUID; volume 1, section 13.3.
#include <cpuid.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "base/cpu.h"

namespace pointsman {
namespace {

struct Registers {
  std::uint32_t eax = 0;
  std::uint32_t ebx = 0;
  std::uint32_t ecx = 0;
  std::uint32_t edx = 0;
};

// All zero where the CPU has no such leaf.
Registers cpuid(std::uint32_t leaf, std::uint32_t subleaf = 0) {
  Registers r;
  if (__get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx) == 0) return {};
  return r;
}

constexpr bool has_bit(std::uint32_t word, int bit) {
  return ((word >> bit) & 1U) != 0;
}

// XCR0, the register state that the operating system saves; needs OSXSAVE. Inline assembly because the
// intrinsic would need this file to be compiled for more than the baseline.
std::uint32_t enabled_state() {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

CpuFeatures detect() {
  constexpr std::uint32_t kAvxState = 0x06;     // XMM, upper halves of YMM
  constexpr std::uint32_t kAvx512State = 0xE6;  // and opmasks, upper halves of ZMM0-15, ZMM16-31
  const Registers basic = cpuid(1);
  const Registers extended = cpuid(7);
  const bool os_saves_state = has_bit(basic.ecx, 27);
  const std::uint32_t state = os_saves_state ? enabled_state() : 0;

  const bool fma = has_bit(basic.ecx, 12);
  const bool f16c = has_bit(basic.ecx, 29);
  const bool avx2 = has_bit(extended.ebx, 5);
  const bool f = has_bit(extended.ebx, 16);
  const bool dq = has_bit(extended.ebx, 17);
  const bool bw = has_bit(extended.ebx, 30);
  const bool vl = has_bit(extended.ebx, 31);

  CpuFeatures features;
  features.avx2 = (state & kAvxState) == kAvxState && avx2 && fma && f16c;
  features.avx512 = features.avx2 && (state & kAvx512State) == kAvx512State && f && dq && bw && vl;
  return features;
}

}  // namespace

const CpuFeatures& cpu_features() {
  static const CpuFeatures features = detect();
  return features;
}

std::string cpu_brand() {
  constexpr std::uint32_t kFirstLeaf = 0x80000002;  // three leaves of sixteen characters
  std::array<char, 3 * sizeof(Registers) + 1> text{};
  for (std::uint32_t part = 0; part < 3; ++part) {
    const Registers registers = cpuid(kFirstLeaf + part);
    std::memcpy(text.data() + part * sizeof(Registers), &registers, sizeof(Registers));
  }
  const std::string brand(text.data());
  const std::size_t begin = brand.find_first_not_of(' ');
  if (begin == std::string::npos) return "unknown";
  return brand.substr(begin, brand.find_last_not_of(' ') - begin + 1);
}

}  // namespace pointsman
