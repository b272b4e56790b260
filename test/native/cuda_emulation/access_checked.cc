// The checked build: kernels are compiled with -fsanitize=thread, whose instrumentation calls __tsan_read4
// and so on for every access. They are not ThreadSanitizer's here: these check each access against what is
// known of the memory, two bytes at a time.
#include <sys/mman.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "cuda_emulation/access.h"
#include "cuda_emulation/block.h"
#include "cuda_emulation/device_memory.h"

namespace pointsman::cuda_emulation {
namespace {

constexpr std::size_t kGranule = 2;  // the smallest element of the kernels

// The last write of a granule of shared memory, and the last reads by two different warps.
struct Access {
  std::int32_t thread = -1;
  std::uint32_t block_epoch = 0;
  std::uint32_t warp_epoch = 0;
};
struct SharedCell {
  Access write;
  std::array<Access, 2> reads;
  bool is_copied_to = false;  // by a cp.async that has not landed
};

enum class DeviceCell : std::uint8_t { kFree, kUnwritten, kWritten };

std::vector<SharedCell>& shared_cells() {
  static std::vector<SharedCell> cells;
  return cells;
}

DeviceCell* device_cells() {
  static auto* cells =
      static_cast<DeviceCell*>(mmap(nullptr, device_region_bytes() / kGranule, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  return cells;
}

DeviceCell& device_cell(const void* address) {
  return device_cells()[(static_cast<const std::byte*>(address) - device_begin()) / kGranule];
}

void mark_device(const void* from, std::size_t bytes, DeviceCell state) {
  for (std::size_t i = 0; i < bytes; i += kGranule)
    device_cell(static_cast<const std::byte*>(from) + i) = state;
}

// "gemm.cu:93" of a return address in this program; the address itself where addr2line is not installed.
std::string source_of(const void* caller) {
  char path[512] = {};
  char line[512] = {};
  unsigned long begin = 0;
  unsigned long end = 0;
  unsigned long offset = 0;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> maps(std::fopen("/proc/self/maps", "r"), &std::fclose);
  const auto address = reinterpret_cast<unsigned long>(caller);
  unsigned long base = 0;
  while (maps != nullptr && std::fgets(line, sizeof line, maps.get()) != nullptr) {
    if (std::sscanf(line, "%lx-%lx %*s %lx %*s %*s %511s", &begin, &end, &offset, path) < 3) continue;
    if (offset == 0) base = begin;
    if (address >= begin && address < end) break;
  }
  char command[1024];
  std::snprintf(command, sizeof command, "addr2line -e '%s' 0x%lx 2>/dev/null", path, address - base - 1);
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> answer(popen(command, "r"), &pclose);
  if (answer == nullptr || std::fgets(line, sizeof line, answer.get()) == nullptr) return "unknown source";
  line[std::strcspn(line, "\n")] = '\0';
  const char* name = std::strrchr(line, '/');
  return name == nullptr ? line : name + 1;
}

[[noreturn]] void fault_at(const void* caller, const std::string& what) {
  Block::current().fault(what + ", at " + source_of(caller));
}

Access now(const Block& block) {
  return {static_cast<std::int32_t>(block.thread()), block.block_epoch(), block.warp_epoch(block.thread())};
}

// Whether nothing orders the earlier access before this one: no barrier of the block, and no operation of
// their warp if they share one.
bool is_unordered(const Access& earlier, const Access& later) {
  if (earlier.thread < 0 || earlier.thread == later.thread) return false;
  if (earlier.block_epoch != later.block_epoch) return false;
  return earlier.thread / 32 != later.thread / 32 || earlier.warp_epoch == later.warp_epoch;
}

void check_shared(std::size_t cell_index, bool is_write, const void* caller) {
  SharedCell& cell = shared_cells()[cell_index];
  const Access access = now(Block::current());
  const std::string where = "shared memory at byte " + std::to_string(cell_index * kGranule);
  if (cell.is_copied_to) fault_at(caller, "race: a cp.async to " + where + " has not been waited for");
  if (is_unordered(cell.write, access)) {
    fault_at(caller, "race: " + where + " was written by thread " + std::to_string(cell.write.thread) +
                         " with no barrier between");
  }
  if (is_write) {
    for (const Access& read : cell.reads) {
      if (!is_unordered(read, access)) continue;
      fault_at(caller, "race: " + where + " was read by thread " + std::to_string(read.thread) +
                           " with no barrier before it is written");
    }
    cell.write = access;
    cell.reads = {};
    return;
  }
  if (cell.write.thread < 0) fault_at(caller, "uninitialised read of " + where);
  if (cell.reads[0].thread / 32 != access.thread / 32) cell.reads[1] = cell.reads[0];
  cell.reads[0] = access;
}

void check_device(const void* address, bool is_write, const void* caller) {
  DeviceCell& cell = device_cell(address);
  if (cell == DeviceCell::kFree) {
    fault_at(caller, std::string(is_write ? "write" : "read") + " out of bounds of device memory");
  }
  if (is_write) {
    cell = DeviceCell::kWritten;
  } else if (cell == DeviceCell::kUnwritten) {
    fault_at(caller, "uninitialised read of device memory");
  }
}

void check_access(const void* address, std::size_t bytes, bool is_write, const void* caller) {
  if (!Block::is_running() || bytes == 0) return;
  Block& block = Block::current();
  const auto* first = static_cast<const std::byte*>(address);
  const bool is_shared = first + bytes > block.shared() - kSharedMargin &&
                         first < block.shared() + block.shared_bytes() + kSharedMargin;
  const bool is_on_device = is_device(address);
  if (!is_shared && !is_on_device) return;  // stacks, arguments and constants
  if (bytes <= 16 && (bytes & (bytes - 1)) == 0 && reinterpret_cast<std::uintptr_t>(address) % bytes != 0) {
    fault_at(caller, "misaligned access of " + std::to_string(bytes) + " bytes");
  }
  for (std::size_t i = 0; i < bytes; i += kGranule) {
    if (is_on_device) {
      check_device(first + i, is_write, caller);
      continue;
    }
    const auto offset = first + i - block.shared();
    if (offset < 0 || static_cast<std::size_t>(offset) >= block.shared_bytes()) {
      fault_at(caller, "access out of bounds of shared memory");
    }
    check_shared(static_cast<std::size_t>(offset) / kGranule, is_write, caller);
  }
}

}  // namespace

void begin_block_access(const Block& block) {
  shared_cells().assign((block.shared_bytes() + kGranule - 1) / kGranule, SharedCell{});
}

void note_read(const void* from, std::size_t bytes, const void* caller) {
  check_access(from, bytes, false, caller);
}

void note_async_copy(void* to, const void* from, std::size_t bytes_read, const void* caller) {
  check_access(from, bytes_read, false, caller);
  check_access(to, 16, true, caller);
  const auto first =
      static_cast<std::size_t>(static_cast<std::byte*>(to) - Block::current().shared()) / kGranule;
  for (std::size_t i = 0; i < 16 / kGranule; ++i) shared_cells()[first + i].is_copied_to = true;
}

void note_copy_landed(void* to) {
  const auto first =
      static_cast<std::size_t>(static_cast<std::byte*>(to) - Block::current().shared()) / kGranule;
  for (std::size_t i = 0; i < 16 / kGranule; ++i) {
    SharedCell& cell = shared_cells()[first + i];
    cell.is_copied_to = false;
    cell.write = now(Block::current());  // it may land as late as here
  }
}

void note_allocated(void* at, std::size_t bytes) {
  mark_device(at, bytes, DeviceCell::kUnwritten);
}

void note_freed(void* at, std::size_t bytes) {
  mark_device(at, bytes, DeviceCell::kFree);
}

void note_copied_to_device(void* to, std::size_t bytes) {
  mark_device(to, bytes, DeviceCell::kWritten);
}

}  // namespace pointsman::cuda_emulation

// What the instrumentation calls.
#define POINTSMAN_TSAN_ACCESS(bytes)                                                             \
  extern "C" void __tsan_read##bytes(void* address) {                                            \
    pointsman::cuda_emulation::check_access(address, bytes, false, __builtin_return_address(0)); \
  }                                                                                              \
  extern "C" void __tsan_write##bytes(void* address) {                                           \
    pointsman::cuda_emulation::check_access(address, bytes, true, __builtin_return_address(0));  \
  }
POINTSMAN_TSAN_ACCESS(1)
POINTSMAN_TSAN_ACCESS(2)
POINTSMAN_TSAN_ACCESS(4)
POINTSMAN_TSAN_ACCESS(8)
POINTSMAN_TSAN_ACCESS(16)

extern "C" void __tsan_read_range(void* address, std::size_t bytes) {
  pointsman::cuda_emulation::check_access(address, bytes, false, __builtin_return_address(0));
}
extern "C" void __tsan_write_range(void* address, std::size_t bytes) {
  pointsman::cuda_emulation::check_access(address, bytes, true, __builtin_return_address(0));
}
extern "C" void __tsan_init() {}
extern "C" void __tsan_func_entry(void*) {}
extern "C" void __tsan_func_exit(void*) {}
extern "C" void __tsan_vptr_update(void**, void*) {}
extern "C" void __tsan_vptr_read(void**) {}
