// Architectures without run-time detection: only the portable kernels run there.
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
