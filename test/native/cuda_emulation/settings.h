// How kernels are run: every combination is legal on a GPU, so results must not differ.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace pointsman::cuda_emulation {

enum class Order { kForward, kReverse, kRandom };

// When a cp.async lands: at once, or when it is waited for.
enum class AsyncCopies { kEager, kLazy };

struct Settings {
  Order order = Order::kForward;  // of the threads of a block, and of the blocks of a grid
  AsyncCopies copies = AsyncCopies::kEager;
  std::uint32_t seed = 1;
  std::size_t device_memory_bytes = std::size_t{1} << 32;  // past it an allocation fails
  int graph_captures = 0;                                  // counted, for tests
  int graph_launches = 0;
};

Settings& settings();

// What a GPU would not define, or would hang or stop on. Carries what, where and in which thread.
class Fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace pointsman::cuda_emulation
