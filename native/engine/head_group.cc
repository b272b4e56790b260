#include "engine/head_group.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "backend/cuda_call.h"
#include "backend/cuda_library.h"
#include "engine/head_values.h"
#include "model/head_checks.h"
#include "model/head_program.h"

namespace pointsman {

namespace {

using Heads = std::vector<std::shared_ptr<const Head>>;

// Heads on the device, for every lane that scores by them.
class SharedHeads {
 public:
  SharedHeads(const cuda::Api& api, const Heads& heads, std::size_t dimension) : api_(api), heads_(heads) {
    std::vector<HeadProgram> programs;
    std::vector<cuda::HeadValues> values;
    for (const auto& head : heads) programs.emplace_back(*head, dimension);
    values.reserve(programs.size());
    for (const HeadProgram& program : programs) values.push_back(values_of(program));
    on_device_ = checked([&](cuda::Status* status) {
      return api_.open_heads(values.data(), static_cast<std::uint32_t>(values.size()),
                             static_cast<std::uint32_t>(dimension), status);
    });
  }
  ~SharedHeads() { api_.close_heads(on_device_); }
  SharedHeads(const SharedHeads&) = delete;
  SharedHeads& operator=(const SharedHeads&) = delete;

  const cuda::DeviceHeads* on_device() const noexcept { return on_device_; }

  // Those that some group already holds, or new ones.
  static std::shared_ptr<const SharedHeads> open(const cuda::Api& api, const Heads& heads,
                                                 std::size_t dimension) {
    static std::mutex mutex;
    // By address: those that are not expired keep their heads.
    static auto* open_heads = new std::map<std::vector<const Head*>, std::weak_ptr<const SharedHeads>>;
    std::vector<const Head*> key;
    for (const auto& head : heads) key.push_back(head.get());
    const std::lock_guard lock(mutex);
    std::erase_if(*open_heads, [](const auto& entry) { return entry.second.expired(); });
    std::weak_ptr<const SharedHeads>& entry = (*open_heads)[key];
    std::shared_ptr<const SharedHeads> shared = entry.lock();
    if (shared == nullptr) entry = shared = std::make_shared<const SharedHeads>(api, heads, dimension);
    return shared;
  }

 private:
  const cuda::Api& api_;
  Heads heads_;
  cuda::DeviceHeads* on_device_;
};

}  // namespace

// One thread's lane to heads on the device.
class HeadGroup::OnDevice {
 public:
  OnDevice(const cuda::Api& api, const Heads& heads, std::size_t dimension)
      : api_(api), heads_(SharedHeads::open(api, heads, dimension)) {
    lane_ = checked([&](cuda::Status* status) { return api_.open_head_lane(heads_->on_device(), status); });
    for (const auto& head : heads) num_scores_ += head->num_models();
  }
  ~OnDevice() { api_.close_head_lane(lane_); }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;

  void score(std::span<const float> embeddings, std::size_t count, std::span<const std::span<float>> out) {
    scores_.resize(count * num_scores_);
    checked([&](cuda::Status* status) {
      api_.score(lane_, embeddings.data(), static_cast<std::uint32_t>(count), scores_.data(), status);
    });
    const float* from = scores_.data();
    for (const std::span<float> own : out) {
      const std::size_t models = own.size() / count;
      for (std::size_t i = 0; i < count; ++i)
        std::copy_n(from + i * num_scores_, models, own.data() + i * models);
      from += models;
    }
  }

 private:
  const cuda::Api& api_;
  std::shared_ptr<const SharedHeads> heads_;
  cuda::HeadLane* lane_;
  std::size_t num_scores_ = 0;
  std::vector<float> scores_;  // of all heads side by side
};

HeadGroup::HeadGroup(std::vector<std::shared_ptr<const Head>> heads, Device device)
    : heads_(std::move(heads)), dimension_(shared_dimension("head group", heads_)) {
  if (device == Device::kCpu) return;
  try {
    const CudaLibrary& library = cuda_library();
    if (library.api == nullptr) throw Error(ErrorCode::kDeviceUnavailable, library.reason);
    on_device_ = std::make_unique<OnDevice>(*library.api, heads_, dimension_);
    device_.device = Device::kCuda;
  } catch (const Error& error) {
    if (device == Device::kCuda) throw;
    device_.reason = error.what();
  }
}

HeadGroup::~HeadGroup() = default;

void HeadGroup::score(std::span<const float> embeddings, std::size_t count,
                      std::span<const std::span<float>> out) {
  check_count("head group: outputs", out.size(), heads_.size());
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    if (on_device_ == nullptr) {
      heads_[i]->score(embeddings, count, out[i]);
    } else {
      check_score_call(*heads_[i], embeddings, count, out[i]);
    }
  }
  if (on_device_ != nullptr && count > 0) on_device_->score(embeddings, count, out);
}

}  // namespace pointsman
