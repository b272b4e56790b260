#include "cuda/device_heads.h"

#include <algorithm>
#include <string>

#include "cuda/check.h"

namespace pointsman::cuda {
namespace {

template <typename T>
DeviceBuffer upload(const T* from, std::size_t count, const Stream& stream) {
  DeviceBuffer buffer(std::max<std::size_t>(count, 1) * sizeof(T), stream);
  check(cudaMemcpyAsync(buffer.bytes(), from, count * sizeof(T), cudaMemcpyHostToDevice, stream.get()),
        "copying heads to the GPU");
  return buffer;
}

void check_memory_of_block(std::size_t row_floats) {
  const std::size_t needed = head_shared_bytes(row_floats);
  const std::size_t there = allow_memory_for_heads();
  if (needed <= there) return;
  throw Failure(Outcome::kUnsupported, "a head needs " + std::to_string(needed) +
                                           " bytes of a block's memory, this GPU has " +
                                           std::to_string(there));
}

}  // namespace

DeviceHeads::DeviceHeads(std::span<const HeadValues> heads, std::size_t dimension)
    : dimension_(dimension), num_heads_(heads.size()) {
  std::vector<DeviceHead> on_device;
  for (const HeadValues& head : heads) {
    programs_.push_back(upload(head.steps, head.num_steps, stream_));
    programs_.push_back(upload(head.values, head.num_values, stream_));
    on_device.push_back({.steps = programs_[programs_.size() - 2].as<const HeadStep>(),
                         .values = programs_.back().as<const float>(),
                         .num_steps = static_cast<std::int32_t>(head.num_steps),
                         .row_floats = static_cast<std::int32_t>(head.row_floats),
                         .scores_at = static_cast<std::int32_t>(head.scores_at),
                         .num_models = static_cast<std::int32_t>(head.num_models),
                         .first_score = static_cast<std::int32_t>(num_scores_),
                         .unused = 0});
    num_scores_ += head.num_models;
    row_floats_ = std::max<std::size_t>(row_floats_, head.row_floats);
    most_keys_ = std::max<std::size_t>(most_keys_, head.most_keys);
  }
  check_memory_of_block(row_floats_);
  heads_ = upload(on_device.data(), on_device.size(), stream_);
  stream_.wait();  // what was copied from may go
}

}  // namespace pointsman::cuda
