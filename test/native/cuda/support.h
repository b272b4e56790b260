// What the tests of the CUDA kernels share. They know the runtime's calls only, so the same program runs
// under the emulation and, compiled by nvcc, on a GPU.
#pragma once

#include <cuda_runtime.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <vector>

#include "cuda/check.h"
#include "cuda/kernels.h"
#include "cuda/number.h"
#include "doctest/doctest.h"
#include "kernels_support.h"

namespace pointsman::test {

// Runs `body` once on a GPU; under the emulation once for every order of threads and landing of copies.
void for_each_execution(const std::function<void()>& body);

class TestStream {
 public:
  TestStream() { cuda::check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "a stream"); }
  ~TestStream() { cudaStreamDestroy(stream_); }
  TestStream(const TestStream&) = delete;
  TestStream& operator=(const TestStream&) = delete;

  cudaStream_t get() const { return stream_; }
  void wait() const { cuda::check(cudaStreamSynchronize(stream_), "the kernel"); }

 private:
  cudaStream_t stream_ = nullptr;
};

// Device memory with the given contents, or of `count` elements with all bits set.
template <typename T>
class DeviceArray {
 public:
  DeviceArray(std::span<const T> contents, const TestStream& stream)
      : DeviceArray(contents.size(), stream, contents) {}
  DeviceArray(std::size_t count, const TestStream& stream) : DeviceArray(count, stream, poison(count)) {}
  ~DeviceArray() { cudaFreeAsync(data_, stream_->get()); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  T* data() const { return data_; }

  std::vector<T> download() const {
    std::vector<T> values(count_);
    cuda::check(
        cudaMemcpyAsync(values.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost, stream_->get()),
        "a copy");
    stream_->wait();
    return values;
  }

 private:
  DeviceArray(std::size_t count, const TestStream& stream, std::span<const T> contents)
      : stream_(&stream), count_(count) {
    void* memory = nullptr;
    cuda::check(cudaMallocAsync(&memory, count * sizeof(T), stream.get()), "device memory");
    data_ = static_cast<T*>(memory);
    cuda::check(
        cudaMemcpyAsync(data_, contents.data(), count * sizeof(T), cudaMemcpyHostToDevice, stream.get()),
        "a copy");
    stream.wait();
  }

  static std::vector<T> poison(std::size_t count) {
    std::vector<T> values(count);
    std::memset(values.data(), 0xFF, count * sizeof(T));
    return values;
  }

  const TestStream* stream_;
  std::size_t count_;
  T* data_ = nullptr;
};

template <typename T>
std::vector<T> narrowed(std::span<const float> values) {
  std::vector<T> stored(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) stored[i] = cuda::from_float<T>(values[i]);
  return stored;
}

template <typename T>
std::vector<float> widened(std::span<const T> stored) {
  std::vector<float> values(stored.size());
  for (std::size_t i = 0; i < stored.size(); ++i) values[i] = cuda::to_float(stored[i]);
  return values;
}

// Random numbers that T holds exactly.
template <typename T>
std::vector<float> random_stored(Random& random, std::size_t count, float magnitude = 1.0F) {
  return widened<T>(narrowed<T>(random.floats(count, -magnitude, magnitude)));
}

// Half a unit in the last place of a result of this size.
template <typename T>
double rounding_of(double value) {
  const double unit = std::is_same_v<T, cuda::Bf16> ? 0x1p-8 : 0x1p-11;
  return std::abs(value) * unit + 0x1p-25;
}

// Largest error beyond the rounding of the result, as a share of max(1, |expected|).
template <typename T>
double error_beyond_rounding(std::span<const T> got, std::span<const float> expected) {
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double want = expected[i];
    const double off = std::abs(static_cast<double>(cuda::to_float(got[i])) - want) - rounding_of<T>(want);
    const double error = off / std::max(1.0, std::abs(want));
    worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : std::max(worst, error);
  }
  return worst;
}

// What no kernel may write: the elements from `first` on are as DeviceArray(count) made them.
template <typename T>
bool untouched_from(std::span<const T> values, std::size_t first) {
  const std::span<const std::byte> bytes = std::as_bytes(values.subspan(first));
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0xFF}; });
}

inline cuda::BatchHeader batch_of(std::size_t tokens, std::size_t sequences = 0, std::size_t tiles = 0) {
  return {static_cast<std::int32_t>(tokens), static_cast<std::int32_t>(sequences),
          static_cast<std::int32_t>(tiles), 0};
}

}  // namespace pointsman::test
