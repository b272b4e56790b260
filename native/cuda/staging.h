// What a batch sends to the device, as one copy: how many tokens, their ids and positions, where sequences
// begin, and the tiles of attention. Host and device hold it in the same layout.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cuda/abi.h"
#include "cuda/batch_size.h"
#include "cuda/kernels.h"

namespace pointsman::cuda {

class StagedBatch {
 public:
  // A view of memory that holds bytes_for(size), aligned to 16 bytes.
  StagedBatch(std::byte* memory, const BatchSize& size) : memory_(memory), size_(size) {}

  static std::size_t bytes_for(const BatchSize& size) noexcept {
    return StagedBatch(nullptr, size).offsets_at() + aligned((size.sequences + 1) * sizeof(std::int32_t));
  }

  // On the host.
  void write(const Batch& batch) const;

  BatchHeader* header() const noexcept { return at<BatchHeader>(0); }
  AttentionTile* tiles() const noexcept { return at<AttentionTile>(sizeof(BatchHeader)); }
  std::int32_t* ids() const noexcept { return at<std::int32_t>(ids_at()); }
  std::int32_t* positions() const noexcept { return at<std::int32_t>(ids_at() + token_bytes()); }
  std::int32_t* offsets() const noexcept { return at<std::int32_t>(offsets_at()); }

 private:
  template <typename T>
  T* at(std::size_t offset) const noexcept {
    return reinterpret_cast<T*>(memory_ + offset);
  }
  static std::size_t aligned(std::size_t bytes) noexcept { return (bytes + 15) / 16 * 16; }
  std::size_t token_bytes() const noexcept { return aligned(size_.tokens * sizeof(std::int32_t)); }
  std::size_t ids_at() const noexcept { return sizeof(BatchHeader) + size_.tiles() * sizeof(AttentionTile); }
  std::size_t offsets_at() const noexcept { return ids_at() + 2 * token_bytes(); }

  std::byte* memory_;
  BatchSize size_;
};

}  // namespace pointsman::cuda
