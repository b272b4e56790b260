// Floating-point numbers as a weight file stores them: little-endian, unaligned, possibly 16 bits wide.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/kernel_table.h"

namespace pointsman {

enum class FloatFormat { kF32, kF16, kBF16 };

constexpr std::size_t bytes_per_float(FloatFormat format) {
  return format == FloatFormat::kF32 ? 4 : 2;
}

// A view; whoever mapped the file owns the bytes.
struct StoredFloats {
  FloatFormat format = FloatFormat::kF32;
  std::span<const std::byte> bytes;

  std::size_t count() const noexcept { return bytes.size() / bytes_per_float(format); }
};

// out[i] = stored[first + i]. The range must lie inside `stored`. Exact for all three formats.
void load_floats(const StoredFloats& stored, std::size_t first, std::span<float> out,
                 const KernelTable& kernels);

}  // namespace pointsman
