// IEEE binary16 to float32.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace pointsman::simd {

template <typename V>
void half_to_float(const uint16_t* half, float* out, size_t count) {
  size_t i = 0;
  for (; i + V::kLanes <= count; i += V::kLanes) V::store(out + i, V::load_half(half + i));
  if (i == count) return;
  uint16_t tail[V::kLanes] = {};
  memcpy(tail, half + i, (count - i) * sizeof(uint16_t));
  V::store(out + i, V::load_half(tail), V::first(count - i));
}

}  // namespace pointsman::simd
