// One CUDA thread's stack and saved registers. A switch saves what the x86-64 ABI says a call preserves, some
// 10 ns; ucontext, which also saves the signal mask, takes twenty times that.
#pragma once

#include <cstddef>
#include <memory>

namespace pointsman::cuda_emulation {

class Fiber {
 public:
  Fiber();

  // Makes the next switch_to() call `entry(argument)` on this fiber's stack. `entry` never returns.
  void prepare(void (*entry)(void*), void* argument);

  // Runs the fiber until it calls switch_back().
  void switch_to();
  // From within the fiber.
  void switch_back();

 private:
  // Kernels are shallow; unoptimised builds of them keep some 4 KiB of fragments.
  static constexpr std::size_t kStackBytes = 64 * 1024;

  std::unique_ptr<std::byte[]> stack_;
  void* own_ = nullptr;     // stack pointer while it does not run
  void* caller_ = nullptr;  // of whoever switched to it
};

}  // namespace pointsman::cuda_emulation
