// Architectures where nothing is detected at run time: their kernels need no more than the baseline (NEON on
// AArch64), or only the reference runs.
#include "base/cpu.h"

namespace pointsman {

const CpuFeatures& cpu_features() {
  static const CpuFeatures features;
  return features;
}

std::string cpu_brand() {
  return "unknown";
}

}  // namespace pointsman
