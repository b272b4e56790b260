// A row held by one warp: lane l has columns 8 (32 v + l) to 8 (32 v + l) + 7 of every vector v, as float32.
#pragma once

#include <cuda_runtime.h>

#include <string>

#include "cuda/check.h"
#include "cuda/kernels.h"
#include "cuda/ptx.cuh"

namespace pointsman::cuda {

inline constexpr int kWarpSize = 32;
inline constexpr unsigned kAllLanes = 0xFFFFFFFFU;
inline constexpr int kVectorWidth = 8;  // 16-bit numbers in a load of 16 bytes
inline constexpr int kVectorColumns = kWarpSize * kVectorWidth;

__device__ __forceinline__ int column_of(int vector) {
  return (vector * kWarpSize + static_cast<int>(threadIdx.x) % kWarpSize) * kVectorWidth;
}

__device__ __forceinline__ float warp_sum(float value) {
#pragma unroll
  for (int distance = kWarpSize / 2; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(kAllLanes, value, distance);
  }
  return value;
}

template <typename T>
__device__ __forceinline__ void load_vector(float (&to)[kVectorWidth], const T* from) {
  const uint4 packed = *reinterpret_cast<const uint4*>(from);
  const std::uint32_t pairs[4] = {packed.x, packed.y, packed.z, packed.w};
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const float2 wide = widen<T>(pairs[i]);
    to[2 * i] = wide.x;
    to[2 * i + 1] = wide.y;
  }
}

__device__ __forceinline__ void load_vector(float (&to)[kVectorWidth], const float* from) {
  const float4 low = reinterpret_cast<const float4*>(from)[0];
  const float4 high = reinterpret_cast<const float4*>(from)[1];
  to[0] = low.x, to[1] = low.y, to[2] = low.z, to[3] = low.w;
  to[4] = high.x, to[5] = high.y, to[6] = high.z, to[7] = high.w;
}

template <typename T>
__device__ __forceinline__ void store_vector(T* to, const float (&from)[kVectorWidth]) {
  *reinterpret_cast<uint4*>(to) = {narrow<T>(from[0], from[1]), narrow<T>(from[2], from[3]),
                                   narrow<T>(from[4], from[5]), narrow<T>(from[6], from[7])};
}

// Columns past `width` count as absent in sums, and are not stored.
template <typename T, int kVectors>
__device__ __forceinline__ void normalize_row(float (&x)[kVectors][kVectorWidth], const float* gamma,
                                              const float* beta, float epsilon, int width, T* out) {
  const float scale = 1.0F / static_cast<float>(width);
  float sum = 0;
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    if (column_of(v) >= width) continue;
#pragma unroll
    for (int i = 0; i < kVectorWidth; ++i) sum += x[v][i];
  }
  const float mean = warp_sum(sum) * scale;
  float squares = 0;
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    if (column_of(v) >= width) continue;
#pragma unroll
    for (int i = 0; i < kVectorWidth; ++i) squares += (x[v][i] - mean) * (x[v][i] - mean);
  }
  const float factor = rsqrtf(warp_sum(squares) * scale + epsilon);
#pragma unroll
  for (int v = 0; v < kVectors; ++v) {
    const int column = column_of(v);
    if (column >= width) continue;
    float weight[kVectorWidth];
    float offset[kVectorWidth];
    load_vector(weight, gamma + column);
    load_vector(offset, beta + column);
#pragma unroll
    for (int i = 0; i < kVectorWidth; ++i) x[v][i] = (x[v][i] - mean) * factor * weight[i] + offset[i];
    store_vector(out + column, x[v]);
  }
}

// Calls run.template operator()<v>() with the vectors that a row of this width takes.
template <typename Run>
void with_vectors(int width, const Run& run) {
  switch ((width + kVectorColumns - 1) / kVectorColumns) {
    case 1:
      return run.template operator()<1>();
    case 2:
      return run.template operator()<2>();
    case 3:
      return run.template operator()<3>();
    case 4:
      return run.template operator()<4>();
    default:
      throw Failure(Outcome::kUnsupported, "a row of " + std::to_string(width) + " numbers; up to " +
                                               std::to_string(kMostHiddenSize) + " are supported");
  }
}

}  // namespace pointsman::cuda
