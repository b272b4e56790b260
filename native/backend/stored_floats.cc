#include "backend/stored_floats.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace pointsman {
namespace {

static_assert(std::endian::native == std::endian::little, "weight files are read in place");

// Stored numbers start at any byte (the header before them has any length), so they pass through an aligned
// buffer; 1 KiB of it stays in L1 and covers a row of most word embeddings.
constexpr std::size_t kChunk = 512;

void widen_bfloat16(const std::uint16_t* stored, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = std::bit_cast<float>(static_cast<std::uint32_t>(stored[i]) << 16);
  }
}

}  // namespace

void load_floats(const StoredFloats& stored, std::size_t first, std::span<float> out,
                 const KernelTable& kernels) {
  const std::byte* source = stored.bytes.data() + first * bytes_per_float(stored.format);
  if (stored.format == FloatFormat::kF32) {
    if (!out.empty()) std::memcpy(out.data(), source, out.size_bytes());
    return;
  }
  std::array<std::uint16_t, kChunk> chunk;
  for (std::size_t done = 0; done < out.size(); done += kChunk) {
    const std::size_t count = std::min(kChunk, out.size() - done);
    std::memcpy(chunk.data(), source + done * sizeof(std::uint16_t), count * sizeof(std::uint16_t));
    if (stored.format == FloatFormat::kF16) {
      kernels.half_to_float(chunk.data(), out.data() + done, count);
    } else {
      widen_bfloat16(chunk.data(), out.data() + done, count);
    }
  }
}

}  // namespace pointsman
