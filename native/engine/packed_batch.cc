#include "engine/packed_batch.h"

namespace pointsman {

void PackedBatch::append(std::span<const std::int32_t> ids) {
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  std::int32_t next = scheme_.first;
  for (const std::int32_t id : ids) {
    const bool counted = id != scheme_.uncounted_id;
    positions_.push_back(counted ? next++ : *scheme_.uncounted_id);
  }
  offsets_.push_back(ids_.size());
}

void PackedBatch::clear() {
  ids_.clear();
  positions_.clear();
  offsets_.resize(1);
}

}  // namespace pointsman
