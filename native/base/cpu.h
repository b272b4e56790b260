// What this CPU is and what it, and the operating system on it, can run.
#pragma once

#include <string>

namespace pointsman {

// A feature is true only when the CPU has it and the operating system saves its registers. All false off
// x86-64.
struct CpuFeatures {
  bool avx2 = false;         // with FMA3 and F16C, which every CPU with AVX2 but VIA's has
  bool avx512 = false;       // F, BW, VL and DQ together: Skylake-X and later
  bool avx512_bf16 = false;  // Cooper Lake, Sapphire Rapids, Zen 4 and later
  bool fast_bf16_dot =
      false;         // avx512_bf16, and a dot product does more per cycle than float32 multiply-adds
  bool amx = false;  // tiles of bf16, with avx512_bf16; the kernel has let this process use them
};

// Asked once; thread-safe.
const CpuFeatures& cpu_features();

// The vendor's name for the CPU, for example "Intel(R) Xeon(R) Processor"; "unknown" where it cannot be
// asked.
std::string cpu_brand();

}  // namespace pointsman
