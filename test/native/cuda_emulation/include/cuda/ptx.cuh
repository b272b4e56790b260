// Stands in for native/cuda/ptx.cuh: the same functions by the register layouts that the PTX manual documents
// (sections on mma.m16n8k16, ldmatrix and cp.async), computed for all lanes by the last of a warp to arrive.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "cuda/number.h"

namespace pointsman::cuda {

std::byte* shared_memory();

void cp_async16(void* to, const void* from, bool is_there);
void cp_async_commit();
void cp_async_wait_groups(std::size_t in_flight);

template <int kInFlight>
void cp_async_wait() {
  cp_async_wait_groups(kInFlight);
}

void ldmatrix_x4(std::uint32_t (&to)[4], const void* row);
void ldmatrix_x4_transposed(std::uint32_t (&to)[4], const void* row);

template <typename T>
void mma_16816(float (&sum)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1);

template <typename T>
float2 widen(std::uint32_t pair) {
  return {to_float(T{static_cast<std::uint16_t>(pair)}), to_float(T{static_cast<std::uint16_t>(pair >> 16)})};
}

template <typename T>
std::uint32_t narrow(float low, float high) {
  return from_float<T>(low).bits | static_cast<std::uint32_t>(from_float<T>(high).bits) << 16;
}

inline float exp2_approximate(float x) {
  return std::exp2(x);
}

}  // namespace pointsman::cuda
