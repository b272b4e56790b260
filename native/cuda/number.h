// The 16-bit floats that weights and activations are stored in; sums are float32 everywhere. Conversions here
// are for the host; kernels use those of ptx.cuh.
#pragma once

#include <bit>
#include <cstdint>

namespace pointsman::cuda {

struct Bf16 {
  std::uint16_t bits;
};
struct F16 {
  std::uint16_t bits;
};

inline float to_float(Bf16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}

inline float to_float(F16 value) {
  const std::uint32_t sign = static_cast<std::uint32_t>(value.bits & 0x8000U) << 16;
  const std::uint32_t magnitude = value.bits & 0x7FFFU;
  // Its exponent and fraction in float32's places are the number times 2^-112, subnormal numbers included.
  const float scaled = std::bit_cast<float>(magnitude << 13) * 0x1p112F;
  const std::uint32_t special = magnitude >= 0x7C00U ? 0x7F800000U : 0U;  // infinity and NaN
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(scaled) | special | sign);
}

template <typename T>
T from_float(float value);

// To the nearest, ties to even; what is too large becomes infinity, as on the device.
template <>
inline Bf16 from_float<Bf16>(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (value != value) return {0x7FFFU};
  return {static_cast<std::uint16_t>((bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16)};
}

template <>
inline F16 from_float<F16>(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000U);
  const float magnitude = std::bit_cast<float>(bits & 0x7FFFFFFFU);
  if (value != value) return {0x7FFFU};
  if (magnitude >= 65520.0F) return {static_cast<std::uint16_t>(sign | 0x7C00U)};
  if (magnitude < 0x1p-14F) {
    // Subnormal: adding 0.5 puts the unit of the last place where float32 rounds.
    const auto rounded = std::bit_cast<std::uint32_t>(magnitude + 0.5F) - std::bit_cast<std::uint32_t>(0.5F);
    return {static_cast<std::uint16_t>(sign | rounded)};
  }
  const std::uint32_t exact = (bits & 0x7FFFFFFFU) - (112U << 23);
  return {static_cast<std::uint16_t>(sign | ((exact + 0xFFFU + (exact >> 13 & 1U)) >> 13))};
}

}  // namespace pointsman::cuda
