// Device memory of the emulation: one region of host memory, in which every allocation stands between guards.
#pragma once

#include <cstddef>

namespace pointsman::cuda_emulation {

// Null where Settings::device_memory_bytes would be passed. Filled with NaN.
void* allocate_device(std::size_t bytes);
void free_device(void* pointer);

// Throws Fault where [pointer, pointer + bytes) is not inside one allocation.
void check_device_range(const void* pointer, std::size_t bytes, const char* what);
// Throws Fault where a guard was written to.
void check_guards(const char* who);

bool is_device(const void* pointer) noexcept;
// Allocations alive, for tests of what is left behind.
std::size_t count_device_allocations();
std::size_t device_bytes_in_use();

// The whole region.
const std::byte* device_begin() noexcept;
std::size_t device_region_bytes() noexcept;

}  // namespace pointsman::cuda_emulation
