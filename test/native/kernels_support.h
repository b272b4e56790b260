// What the kernel tests share: seeded numbers, guarded buffers and the list of tables.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include "doctest/doctest.h"
#include "kernels/select.h"

namespace pointsman::test {

inline constexpr double kFloatEpsilon = 0x1p-23;

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}

  float uniform(float low, float high) { return std::uniform_real_distribution<float>(low, high)(engine_); }

  std::vector<float> floats(std::size_t count, float low = -1.0F, float high = 1.0F) {
    std::vector<float> values(count);
    for (float& value : values) value = uniform(low, high);
    return values;
  }

 private:
  std::mt19937 engine_;
};

// Floats between two runs of guard bytes, starting `offset` floats past a 64-byte boundary.
class GuardedBuffer {
 public:
  GuardedBuffer(std::span<const float> contents, std::size_t offset)
      : size_(contents.size()), storage_(size_ + 3 * kGuard, kGuardValue) {
    const std::size_t past = std::bit_cast<std::uintptr_t>(storage_.data()) / sizeof(float) % kAlignment;
    begin_ = kGuard + (kAlignment - past) + offset;
    std::copy(contents.begin(), contents.end(), storage_.begin() + static_cast<std::ptrdiff_t>(begin_));
  }
  GuardedBuffer(const GuardedBuffer&) = delete;
  GuardedBuffer& operator=(const GuardedBuffer&) = delete;

  float* data() { return storage_.data() + begin_; }
  std::span<float> span() { return {data(), size_}; }

  bool guards_intact() const {
    for (std::size_t i = 0; i < storage_.size(); ++i) {
      const bool inside = i >= begin_ && i < begin_ + size_;
      if (!inside && storage_[i] != kGuardValue) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kAlignment = 16;  // floats in a cache line
  static constexpr std::size_t kGuard = 32;
  static constexpr float kGuardValue = -12345.678F;

  std::size_t size_;
  std::vector<float> storage_;
  std::size_t begin_ = 0;
};

inline bool same_bits(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i])) return false;
  }
  return true;
}

// Largest |actual - expected| / max(1, |expected|); infinity where only one of them is NaN or infinite.
inline double max_error(std::span<const float> actual, std::span<const float> expected) {
  double worst = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double got = actual[i];
    const double want = expected[i];
    if (got == want || (std::isnan(got) && std::isnan(want))) continue;
    const double error = std::abs(got - want) / std::max(1.0, std::abs(want));
    worst = std::isfinite(error) ? std::max(worst, error) : std::numeric_limits<double>::infinity();
  }
  return worst;
}

}  // namespace pointsman::test
