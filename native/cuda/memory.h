// Owners of what the runtime hands out. Device memory comes from the device's pool, in the order of a stream,
// which must live as long; destructors ignore errors: a device that is lost takes its memory with it.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <memory>
#include <utility>

#include "cuda/check.h"

namespace pointsman::cuda {

class Stream {
 public:
  Stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream"); }
  ~Stream() { cudaStreamDestroy(stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  cudaStream_t get() const noexcept { return stream_; }
  void wait() const { check(cudaStreamSynchronize(stream_), "running the encoder"); }

 private:
  cudaStream_t stream_ = nullptr;
};

class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  DeviceBuffer(std::size_t bytes, const Stream& stream) : stream_(stream.get()) {
    const auto size = std::to_string(bytes);
    check(cudaMallocAsync(&data_, bytes, stream_), ("allocating " + size + " bytes on the GPU").c_str());
  }
  ~DeviceBuffer() { reset(); }
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), stream_(other.stream_) {}
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    reset();
    data_ = std::exchange(other.data_, nullptr);
    stream_ = other.stream_;
    return *this;
  }

  template <typename T>
  T* as() const noexcept {
    return static_cast<T*>(data_);
  }
  std::byte* bytes() const noexcept { return static_cast<std::byte*>(data_); }

  void reset() noexcept {
    if (data_ != nullptr) cudaFreeAsync(std::exchange(data_, nullptr), stream_);
  }

 private:
  void* data_ = nullptr;
  cudaStream_t stream_ = nullptr;
};

// Page-locked memory of the host: what a copy on a stream may read while the host goes on.
class PinnedBuffer {
 public:
  PinnedBuffer() = default;
  explicit PinnedBuffer(std::size_t bytes) {
    void* memory = nullptr;
    check(cudaMallocHost(&memory, bytes), "allocating page-locked memory");
    data_.reset(static_cast<std::byte*>(memory));
  }

  std::byte* bytes() const noexcept { return data_.get(); }

 private:
  struct Free {
    void operator()(std::byte* memory) const noexcept { cudaFreeHost(memory); }
  };
  std::unique_ptr<std::byte, Free> data_;
};

// Work captured once and launched as a whole: some 2 us of the host's time a launch instead of one per
// kernel.
class Graph {
 public:
  // What `enqueue` puts on the stream is recorded, not run.
  template <typename Enqueue>
  Graph(const Stream& stream, Enqueue&& enqueue) {
    check(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeThreadLocal), "capturing a graph");
    cudaGraph_t graph = nullptr;
    try {
      enqueue();
    } catch (...) {
      cudaStreamEndCapture(stream.get(), &graph);
      if (graph != nullptr) cudaGraphDestroy(graph);
      throw;
    }
    check(cudaStreamEndCapture(stream.get(), &graph), "capturing a graph");
    cudaGraphExec_t exec = nullptr;
    const cudaError_t instantiated = cudaGraphInstantiate(&exec, graph, 0);
    cudaGraphDestroy(graph);
    check(instantiated, "instantiating a graph");
    exec_.reset(exec);
  }

  void launch(const Stream& stream) const {
    check(cudaGraphLaunch(exec_.get(), stream.get()), "launching a graph");
  }

 private:
  struct Destroy {
    void operator()(cudaGraphExec_t exec) const noexcept { cudaGraphExecDestroy(exec); }
  };
  std::unique_ptr<std::remove_pointer_t<cudaGraphExec_t>, Destroy> exec_;
};

}  // namespace pointsman::cuda
