// Memory for weights: handed out in order, freed together, on huge pages where the system has them. Weights
// are read from end to end for every batch; 4 KiB pages would cost a table walk every 64 lines and stop the
// prefetchers there.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace pointsman {

class HugePageArena {
 public:
  HugePageArena() = default;
  ~HugePageArena();
  HugePageArena(const HugePageArena&) = delete;
  HugePageArena& operator=(const HugePageArena&) = delete;

  // Zeroed, aligned to 64 bytes, right behind what was taken before where it fits. Throws std::bad_alloc.
  template <typename T>
  std::span<T> take(std::size_t count) {
    return {static_cast<T*>(take_bytes(count * sizeof(T))), count};
  }

 private:
  struct Block {
    std::byte* begin;
    std::size_t bytes;
  };

  void* take_bytes(std::size_t bytes);

  std::vector<Block> blocks_;
  std::size_t used_ = 0;  // of the last block
};

}  // namespace pointsman
