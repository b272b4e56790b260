#include "cuda/staging.h"

#include <algorithm>
#include <cstring>

namespace pointsman::cuda {

void StagedBatch::write(const Batch& batch) const {
  // What lies past the batch is copied too and read by nobody, but memory should not leak onto the device.
  std::memset(memory_, 0, bytes_for(size_));
  AttentionTile* tile = tiles();
  for (std::uint32_t i = 0; i < batch.num_sequences; ++i) {
    const std::int32_t begin = batch.offsets[i];
    const std::int32_t end = batch.offsets[i + 1];
    for (std::int32_t query = begin; query < end; query += kQueryTile) *tile++ = {begin, end, query, 0};
  }
  *header() = {.num_tokens = static_cast<std::int32_t>(batch.num_tokens),
               .num_sequences = static_cast<std::int32_t>(batch.num_sequences),
               .num_tiles = static_cast<std::int32_t>(tile - tiles()),
               .unused = 0};
  std::copy_n(batch.ids, batch.num_tokens, ids());
  std::copy_n(batch.positions, batch.num_tokens, positions());
  std::copy_n(batch.offsets, batch.num_sequences + 1, offsets());
}

}  // namespace pointsman::cuda
