#include "cuda/head_lane.h"

#include <algorithm>

#include "cuda/launch.h"

namespace pointsman::cuda {

void HeadLane::score(const float* features, std::size_t num_prompts, float* scores) {
  std::size_t done = 0;
  while (done < num_prompts) {
    const std::size_t count = std::min(num_prompts - done, part_);
    try {
      score_part(features + done * heads_.dimension(), count, scores + done * heads_.num_scores());
      done += count;
    } catch (const Failure& failure) {
      const bool can_shrink = failure.outcome() == Outcome::kOutOfMemory && count > kHeadRows;
      if (!can_shrink) throw;
      part_ = count / 2;
    }
  }
}

// Whatever cannot be had, there is no memory rather than some of it.
void HeadLane::reserve(std::size_t num_prompts) {
  if (capacity_ >= num_prompts) return;
  capacity_ = 0;
  for (DeviceBuffer* buffer : {&features_, &scores_, &similarities_}) buffer->reset();
  const std::size_t rows = ceil_divide(num_prompts, kHeadRows) * std::size_t{kHeadRows};
  features_on_host_ = PinnedBuffer(rows * heads_.dimension() * sizeof(float));
  scores_on_host_ = PinnedBuffer(rows * heads_.num_scores() * sizeof(float));
  features_ = DeviceBuffer(rows * heads_.dimension() * sizeof(float), stream_);
  scores_ = DeviceBuffer(rows * heads_.num_scores() * sizeof(float), stream_);
  similarities_ = DeviceBuffer(
      std::max<std::size_t>(rows * heads_.num_heads() * heads_.most_keys(), 1) * sizeof(float), stream_);
  capacity_ = rows;
}

void HeadLane::score_part(const float* features, std::size_t num_prompts, float* scores) {
  reserve(num_prompts);
  const std::size_t num_scores = num_prompts * heads_.num_scores();
  auto* const staged = reinterpret_cast<float*>(features_on_host_.bytes());
  std::copy_n(features, num_prompts * heads_.dimension(), staged);
  check(cudaMemcpyAsync(features_.bytes(), staged, num_prompts * heads_.dimension() * sizeof(float),
                        cudaMemcpyHostToDevice, stream_.get()),
        "copying features to the GPU");
  launch_heads({.features = features_.as<const float>(),
                .heads = heads_.on_device(),
                .scores = scores_.as<float>(),
                .similarities = similarities_.as<float>(),
                .num_prompts = static_cast<std::int32_t>(num_prompts),
                .dimension = static_cast<std::int32_t>(heads_.dimension()),
                .num_scores = static_cast<std::int32_t>(heads_.num_scores()),
                .most_keys = static_cast<std::int32_t>(heads_.most_keys()),
                .blocks_per_head = static_cast<std::int32_t>(ceil_divide(num_prompts, kHeadRows)),
                .unused = 0},
               heads_.num_heads(), heads_.row_floats(), stream_.get());
  check(cudaMemcpyAsync(scores_on_host_.bytes(), scores_.bytes(), num_scores * sizeof(float),
                        cudaMemcpyDeviceToHost, stream_.get()),
        "copying scores from the GPU");
  stream_.wait();
  std::copy_n(reinterpret_cast<const float*>(scores_on_host_.bytes()), num_scores, scores);
}

}  // namespace pointsman::cuda
