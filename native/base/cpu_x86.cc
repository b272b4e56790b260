// CPUID and XGETBV: Intel SDM volume 2A, CPUID; volume 1, section 13.3.
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

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

// VDPBF16PS is worth using in AMD's cores, where it has the rate of a float32 multiply-add for twice the work
// (optimisation guides of Zen 4 and Zen 5; not measured by us). Intel's run it at half that rate: measured on
// Sapphire Rapids, 107 GFLOP/s of bf16 against 217 of float32.
bool is_amd() {
  const Registers vendor = cpuid(0);
  return vendor.ebx == 0x68747541 && vendor.edx == 0x69746E65 && vendor.ecx == 0x444D4163;  // "AuthenticAMD"
}

// Linux hands out the tile registers' state on request, once per process (Documentation/arch/x86/xstate.rst).
// Asking changes nothing for threads that use no tiles.
bool may_use_tiles() {
#if defined(__linux__)
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

CpuFeatures detect() {
  constexpr std::uint32_t kAvxState = 0x06;     // XMM, upper halves of YMM
  constexpr std::uint32_t kAvx512State = 0xE6;  // and opmasks, upper halves of ZMM0-15, ZMM16-31
  constexpr std::uint32_t kTileState = 0x60000;
  const Registers basic = cpuid(1);
  const Registers extended = cpuid(7);
  const Registers more = cpuid(7, 1);
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
  features.avx512_bf16 = features.avx512 && has_bit(more.eax, 5);
  features.fast_bf16_dot = features.avx512_bf16 && is_amd();
  const bool tiles = has_bit(extended.edx, 22) && has_bit(extended.edx, 24);  // AMX-BF16, AMX-TILE
  features.amx = features.avx512_bf16 && tiles && (state & kTileState) == kTileState && may_use_tiles();
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
