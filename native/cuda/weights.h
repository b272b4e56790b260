// Weights on the device: matrices in the encoder's format, vectors and the position table in float32.
#pragma once

#include <cstdint>

#include "cuda/abi.h"
#include "cuda/memory.h"

namespace pointsman::cuda {

class Weights {
 public:
  virtual ~Weights() = default;
};

struct DeviceNorm final : Weights {
  DeviceNorm(const NormValues& values, const Stream& stream);

  DeviceBuffer gamma;
  DeviceBuffer beta;
  float epsilon;
};

struct DeviceLinear final : Weights {
  DeviceLinear(const LinearValues& values, Format format, const Stream& stream);

  DeviceBuffer weight;
  DeviceBuffer bias;
  std::uint32_t outputs;
  std::uint32_t inputs;
};

struct DeviceEmbeddings final : Weights {
  DeviceEmbeddings(const EmbeddingValues& values, Format format, const Stream& stream);

  DeviceBuffer words;
  DeviceBuffer positions;
  DeviceNorm norm;
};

struct DeviceBias final : Weights {
  DeviceBias(const BiasValues& values, const Stream& stream);

  DeviceBuffer by_distance;
  std::uint32_t max_distance;
};

}  // namespace pointsman::cuda
