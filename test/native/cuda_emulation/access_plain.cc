// The plain build: see access.h.
#include "cuda_emulation/access.h"

namespace pointsman::cuda_emulation {

void begin_block_access(const Block&) {}
void note_read(const void*, std::size_t, const void*) {}
void note_async_copy(void*, const void*, std::size_t, const void*) {}
void note_copy_landed(void*) {}
void note_allocated(void*, std::size_t) {}
void note_freed(void*, std::size_t) {}
void note_copied_to_device(void*, std::size_t) {}

}  // namespace pointsman::cuda_emulation
