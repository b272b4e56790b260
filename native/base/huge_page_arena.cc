#include "base/huge_page_arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <new>

#include "base/aligned_buffer.h"

namespace pointsman {
namespace {

constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

// Address space only: pages come with the first write, so a small model does not pay for it.
constexpr std::size_t kBlockBytes = std::size_t{64} << 20;

constexpr std::size_t round_up(std::size_t value, std::size_t step) {
  return (value + step - 1) / step * step;
}

// `bytes`, a multiple of a huge page, starting on one.
std::byte* map_aligned(std::size_t bytes) {
  const std::size_t mapped = bytes + kHugePageBytes;
  void* address = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) throw std::bad_alloc();
  auto* begin = static_cast<std::byte*>(address);
  const std::size_t past = reinterpret_cast<std::uintptr_t>(begin) % kHugePageBytes;
  const std::size_t skip = past == 0 ? 0 : kHugePageBytes - past;
  if (skip > 0) ::munmap(begin, skip);
  ::munmap(begin + skip + bytes, kHugePageBytes - skip);
#if defined(MADV_HUGEPAGE)
  ::madvise(begin + skip, bytes, MADV_HUGEPAGE);  // a hint: small pages work as well
#endif
  return begin + skip;
}

}  // namespace

HugePageArena::~HugePageArena() {
  for (const Block& block : blocks_) ::munmap(block.begin, block.bytes);
}

void* HugePageArena::take_bytes(std::size_t bytes) {
  bytes = round_up(bytes, kCacheLineBytes);
  if (blocks_.empty() || blocks_.back().bytes - used_ < bytes) {
    const std::size_t block_bytes = std::max(kBlockBytes, round_up(bytes, kHugePageBytes));
    blocks_.reserve(blocks_.size() + 1);
    blocks_.push_back({map_aligned(block_bytes), block_bytes});
    used_ = 0;
  }
  void* taken = blocks_.back().begin + used_;
  used_ += bytes;
  return taken;
}

}  // namespace pointsman
