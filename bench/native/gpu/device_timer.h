// How long work on a stream takes, by the device's own clock.
#pragma once

#include <cuda_runtime.h>

#include <functional>

#include "cuda/check.h"
#include "cuda/memory.h"

namespace pointsman::bench {

class DeviceTimer {
 public:
  DeviceTimer() {
    cuda::check(cudaEventCreate(&begin_), "making an event");
    cuda::check(cudaEventCreate(&end_), "making an event");
  }
  ~DeviceTimer() {
    cudaEventDestroy(begin_);
    cudaEventDestroy(end_);
  }
  DeviceTimer(const DeviceTimer&) = delete;
  DeviceTimer& operator=(const DeviceTimer&) = delete;

  // Of what `enqueue` puts on the stream, from its first to its last, in seconds. Waits for it.
  double seconds(const cuda::Stream& stream, const std::function<void()>& enqueue) const {
    cuda::check(cudaEventRecord(begin_, stream.get()), "recording an event");
    enqueue();
    cuda::check(cudaEventRecord(end_, stream.get()), "recording an event");
    stream.wait();
    float milliseconds = 0;
    cuda::check(cudaEventElapsedTime(&milliseconds, begin_, end_), "reading the device's clock");
    return 1e-3 * static_cast<double>(milliseconds);
  }

 private:
  cudaEvent_t begin_ = nullptr;
  cudaEvent_t end_ = nullptr;
};

}  // namespace pointsman::bench
