#include "cuda_emulation/device_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

#include "cuda_emulation/access.h"
#include "cuda_emulation/settings.h"

namespace pointsman::cuda_emulation {
namespace {

// Address space only: pages come when they are touched.
constexpr std::size_t kRegionBytes = std::size_t{8} << 30;
// As cudaMalloc aligns, and as wide as an access past the end is likely to be near.
constexpr std::size_t kGuardBytes = 256;
constexpr int kGuardByte = 0xA5;

struct Region {
  std::byte* begin = static_cast<std::byte*>(mmap(nullptr, kRegionBytes, PROT_READ | PROT_WRITE,
                                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  std::mutex mutex;
  std::map<std::byte*, std::size_t> allocations;
  std::size_t used = 0;
};

Region& region() {
  static auto* instance = new Region;
  return *instance;
}

std::size_t padded(std::size_t bytes) {
  return (bytes + kGuardBytes - 1) / kGuardBytes * kGuardBytes + kGuardBytes;
}

// The lowest gap that holds `bytes` with a guard on both sides; null: none.
std::byte* find_gap(const Region& memory, std::size_t bytes) {
  std::byte* at = memory.begin + kGuardBytes;
  for (const auto& [start, size] : memory.allocations) {
    if (static_cast<std::size_t>(start - at) >= padded(bytes)) return at;
    at = start + padded(size);
  }
  return at + padded(bytes) <= memory.begin + kRegionBytes ? at : nullptr;
}

std::byte* guard_of(std::byte* start, std::size_t size) {
  return start + size;
}

}  // namespace

void* allocate_device(std::size_t bytes) {
  Region& memory = region();
  const std::lock_guard lock(memory.mutex);
  if (memory.used + bytes > settings().device_memory_bytes) return nullptr;
  std::byte* at = find_gap(memory, bytes);
  if (at == nullptr) return nullptr;
  memory.allocations.emplace(at, bytes);
  memory.used += bytes;
  std::memset(at, 0xFF, bytes);
  std::memset(guard_of(at, bytes), kGuardByte, padded(bytes) - bytes);
  note_allocated(at, bytes);
  return at;
}

void free_device(void* pointer) {
  check_guards("a free");
  Region& memory = region();
  const std::lock_guard lock(memory.mutex);
  const auto found = memory.allocations.find(static_cast<std::byte*>(pointer));
  if (found == memory.allocations.end()) throw Fault("freeing what is not device memory");
  memory.used -= found->second;
  note_freed(pointer, found->second);
  memory.allocations.erase(found);
}

void check_device_range(const void* pointer, std::size_t bytes, const char* what) {
  Region& memory = region();
  const std::lock_guard lock(memory.mutex);
  const auto* begin = static_cast<const std::byte*>(pointer);
  const bool inside = std::ranges::any_of(memory.allocations, [&](const auto& allocation) {
    return begin >= allocation.first && begin + bytes <= allocation.first + allocation.second;
  });
  if (!inside)
    throw Fault(std::string(what) + " of " + std::to_string(bytes) + " bytes outside device memory");
}

void check_guards(const char* who) {
  Region& memory = region();
  const std::lock_guard lock(memory.mutex);
  for (const auto& [start, size] : memory.allocations) {
    const std::byte* guard = guard_of(start, size);
    const bool intact = std::all_of(guard, guard + padded(size) - size,
                                    [](std::byte value) { return value == std::byte{kGuardByte}; });
    if (!intact)
      throw Fault(std::string(who) + " found a write past an allocation of " + std::to_string(size) +
                  " bytes");
  }
}

bool is_device(const void* pointer) noexcept {
  const auto* byte = static_cast<const std::byte*>(pointer);
  return byte >= region().begin && byte < region().begin + kRegionBytes;
}

std::size_t count_device_allocations() {
  const std::lock_guard lock(region().mutex);
  return region().allocations.size();
}

std::size_t device_bytes_in_use() {
  const std::lock_guard lock(region().mutex);
  return region().used;
}

const std::byte* device_begin() noexcept {
  return region().begin;
}

std::size_t device_region_bytes() noexcept {
  return kRegionBytes;
}

}  // namespace pointsman::cuda_emulation
