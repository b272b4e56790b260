// State of the addon in one thread (Node-API environment). There is no other: nothing JavaScript is static.
#pragma once

#include "base/aligned_buffer.h"

namespace pointsman::binding {

struct InstanceData {
  AlignedBuffer<float> packed_b;  // scratch of kernels.gemm; keeps the size of the largest B seen
};

}  // namespace pointsman::binding
