#include "cuda/device_heads.h"

#include <algorithm>
#include <string>

#include "cuda/launch.h"

namespace pointsman::cuda {
namespace {

// A batch of 16k tokens has some hundred prompts. Bounds the memory for similarities: 30,000 stored prompts
// are 120 KB a prompt.
constexpr std::size_t kMostPrompts = 1024;

template <typename T>
DeviceBuffer upload(const T* from, std::size_t count, const Stream& stream) {
  DeviceBuffer buffer(std::max<std::size_t>(count, 1) * sizeof(T), stream);
  check(cudaMemcpyAsync(buffer.bytes(), from, count * sizeof(T), cudaMemcpyHostToDevice, stream.get()),
        "copying heads to the GPU");
  return buffer;
}

void check_memory_of_block(std::size_t row_floats) {
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, 0), "reading the properties of the GPU");
  const std::size_t needed = head_shared_bytes(row_floats);
  if (needed <= properties.sharedMemPerBlockOptin) return;
  throw Failure(Outcome::kUnsupported, "a head needs " + std::to_string(needed) +
                                           " bytes of a block's memory, this GPU has " +
                                           std::to_string(properties.sharedMemPerBlockOptin));
}

}  // namespace

DeviceHeads::DeviceHeads(std::span<const HeadValues> heads, std::size_t dimension)
    : num_heads_(heads.size()), dimension_(dimension), part_(kMostPrompts) {
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

void DeviceHeads::score(const float* features, std::size_t num_prompts, float* scores) {
  std::size_t done = 0;
  while (done < num_prompts) {
    const std::size_t count = std::min(num_prompts - done, part_);
    try {
      score_part(features + done * dimension_, count, scores + done * num_scores_);
      done += count;
    } catch (const Failure& failure) {
      const bool can_shrink = failure.outcome() == Outcome::kOutOfMemory && count > kHeadRows;
      if (!can_shrink) throw;
      part_ = count / 2;
    }
  }
}

// Whatever cannot be had, there is no memory rather than some of it.
void DeviceHeads::reserve(std::size_t num_prompts) {
  if (capacity_ >= num_prompts) return;
  capacity_ = 0;
  for (DeviceBuffer* buffer : {&features_, &scores_, &similarities_}) buffer->reset();
  const std::size_t rows = ceil_divide(num_prompts, kHeadRows) * std::size_t{kHeadRows};
  features_on_host_ = PinnedBuffer(rows * dimension_ * sizeof(float));
  scores_on_host_ = PinnedBuffer(rows * num_scores_ * sizeof(float));
  features_ = DeviceBuffer(rows * dimension_ * sizeof(float), stream_);
  scores_ = DeviceBuffer(rows * num_scores_ * sizeof(float), stream_);
  similarities_ =
      DeviceBuffer(std::max<std::size_t>(rows * num_heads_ * most_keys_, 1) * sizeof(float), stream_);
  capacity_ = rows;
}

void DeviceHeads::score_part(const float* features, std::size_t num_prompts, float* scores) {
  reserve(num_prompts);
  const std::size_t num_scores = num_prompts * num_scores_;
  auto* const staged = reinterpret_cast<float*>(features_on_host_.bytes());
  std::copy_n(features, num_prompts * dimension_, staged);
  check(cudaMemcpyAsync(features_.bytes(), staged, num_prompts * dimension_ * sizeof(float),
                        cudaMemcpyHostToDevice, stream_.get()),
        "copying features to the GPU");
  launch_heads({.features = features_.as<const float>(),
                .heads = heads_.as<const DeviceHead>(),
                .scores = scores_.as<float>(),
                .similarities = similarities_.as<float>(),
                .num_prompts = static_cast<std::int32_t>(num_prompts),
                .dimension = static_cast<std::int32_t>(dimension_),
                .num_scores = static_cast<std::int32_t>(num_scores_),
                .most_keys = static_cast<std::int32_t>(most_keys_),
                .blocks_per_head = static_cast<std::int32_t>(ceil_divide(num_prompts, kHeadRows)),
                .unused = 0},
               num_heads_, row_floats_, stream_.get());
  check(cudaMemcpyAsync(scores_on_host_.bytes(), scores_.bytes(), num_scores * sizeof(float),
                        cudaMemcpyDeviceToHost, stream_.get()),
        "copying scores from the GPU");
  stream_.wait();
  std::copy_n(reinterpret_cast<const float*>(scores_on_host_.bytes()), num_scores, scores);
}

}  // namespace pointsman::cuda
