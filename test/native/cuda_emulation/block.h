// A block of CUDA threads, one fiber each, run by one thread of the host. Threads run until they meet others:
// at a barrier of the block, or in an operation of the warp, whose last lane to arrive computes for all.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "cuda_emulation/fiber.h"
#include "cuda_emulation/settings.h"

namespace pointsman::cuda_emulation {

// Bytes on either side of a block's shared memory that nothing else has: an access there is out of bounds.
// Its alignment too.
inline constexpr std::size_t kSharedMargin = 128;

struct Index3 {
  unsigned x = 1;
  unsigned y = 1;
  unsigned z = 1;
};

// A kernel as one of its threads runs it, on a copy of its arguments.
using ThreadProgram = std::function<void(const void* arguments)>;

struct Launch {
  std::string name;
  Index3 grid;
  unsigned threads;
  std::size_t shared_bytes;
  std::size_t most_shared_bytes;  // that the kernel may ask for
  ThreadProgram program;
  std::vector<std::byte> arguments;
};

// An operation of a warp: reads and writes what the lanes brought.
using WarpOperation = void (*)(std::span<void* const, 32> lanes);

class Block {
 public:
  // Runs every block of the grid, one after the other. Throws Fault.
  static void run_grid(const Launch& launch);

  // The block whose thread runs now. Faults outside a kernel.
  static Block& current();
  static bool is_running() noexcept;

  // Of the running thread.
  unsigned thread() const noexcept { return running_; }
  Index3 block_index() const noexcept { return block_index_; }
  std::byte* shared() noexcept { return shared_; }
  std::size_t shared_bytes() const noexcept { return launch_->shared_bytes; }

  void synchronize();
  void meet_warp(WarpOperation operation, std::uint32_t mask, void* operand);

  // 16 bytes, of which those past bytes_read become zero.
  void copy_async(std::byte* to, const std::byte* from, std::size_t bytes_read, const void* caller);
  void commit_copies();
  void wait_for_copies(std::size_t groups_in_flight);

  // Ends the launch: the fiber that calls it is never resumed.
  [[noreturn]] void fault(const std::string& what);

  // Times that the threads of the block, or of the warp, have met. What two threads do between two meetings
  // is unordered.
  std::uint32_t block_epoch() const noexcept { return block_epoch_; }
  std::uint32_t warp_epoch(unsigned thread) const noexcept { return warps_[thread / 32].epoch; }

 private:
  enum class State { kReady, kAtBarrier, kInWarp, kDone };

  struct AsyncCopy {
    std::byte* to;
    const std::byte* from;
    std::size_t bytes;
  };
  struct Thread {
    Fiber fiber;
    State state = State::kReady;
    std::vector<std::vector<AsyncCopy>> groups;  // committed and not landed, oldest first
    std::vector<AsyncCopy> open_group;
  };
  struct Warp {
    WarpOperation operation = nullptr;
    std::uint32_t mask = 0;
    std::uint32_t arrived = 0;
    std::array<void*, 32> operands = {};
    std::uint32_t epoch = 0;
  };

  explicit Block(const Launch& launch);
  void run(Index3 index);
  void run_threads();
  std::vector<unsigned> thread_order();
  void release_barrier();
  void suspend(State state);
  std::string describe_deadlock() const;
  static void thread_main(void* block);
  static void land(const AsyncCopy& copy);

  const Launch* launch_;
  Index3 block_index_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<Warp> warps_;
  std::vector<std::byte> shared_storage_;
  std::byte* shared_ = nullptr;
  unsigned running_ = 0;
  std::uint32_t block_epoch_ = 0;
  std::string fault_;
  std::mt19937 random_;
};

// Checks of the launch's shape against the limits of the smallest device supported.
void check_launch(const Launch& launch);

}  // namespace pointsman::cuda_emulation
