// What the checked build knows of memory: who wrote it when, and what was never written. In the plain build
// these do nothing.
#pragma once

#include <cstddef>

namespace pointsman::cuda_emulation {

class Block;

// The block starts: its shared memory is unwritten.
void begin_block_access(const Block& block);

// A primitive reads memory on behalf of the running thread; `caller` is where in the kernel.
void note_read(const void* from, std::size_t bytes, const void* caller);

// A cp.async of 16 bytes begins: what it writes is not to be touched until it has landed.
void note_async_copy(void* to, const void* from, std::size_t bytes_read, const void* caller);
void note_copy_landed(void* to);

// Device memory, from the runtime.
void note_allocated(void* at, std::size_t bytes);
void note_freed(void* at, std::size_t bytes);
void note_copied_to_device(void* to, std::size_t bytes);

}  // namespace pointsman::cuda_emulation
