// Heads through the C functions of the library: parts of a batch, memory, what is refused.
#include <algorithm>

#include "backend/cuda_call.h"
#include "cuda/abi.h"
#include "cuda_emulation/device_memory.h"
#include "cuda_emulation/settings.h"
#include "doctest/doctest.h"
#include "engine/head_values.h"
#include "model/head_program.h"
#include "model/head_specs.h"
#include "model/support.h"

extern "C" const pointsman::cuda::Api* pointsman_cuda_api();

namespace pointsman::test {
namespace {

constexpr std::size_t kDimension = 5;

// The head's part of a group of one.
class Opened {
 public:
  explicit Opened(const Head& head) : head_(head) {
    const HeadProgram program(head, kDimension);
    const cuda::HeadValues values = values_of(program);
    heads_ = checked([&](cuda::Status* status) { return api_.open_heads(&values, 1, kDimension, status); });
    lane_ = checked([&](cuda::Status* status) { return api_.open_head_lane(heads_, status); });
  }
  ~Opened() {
    api_.close_head_lane(lane_);
    api_.close_heads(heads_);
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;

  std::vector<float> score(const std::vector<float>& features) {
    const std::size_t count = features.size() / kDimension;
    std::vector<float> scores(count * head_.num_models(), kNan);
    checked([&](cuda::Status* status) {
      api_.score(lane_, features.data(), static_cast<std::uint32_t>(count), scores.data(), status);
    });
    return scores;
  }

 private:
  const cuda::Api& api_ = *pointsman_cuda_api();
  const Head& head_;
  cuda::DeviceHeads* heads_;
  cuda::HeadLane* lane_;
};

void check_scores(const std::vector<float>& got, const std::vector<float>& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(std::abs(got[i] - expected[i]) < 1e-5F);
}

TEST_CASE("more prompts than a launch takes") {
  const auto head = Head::create(linear_spec(kDimension, 2));
  Opened opened(*head);
  for (const std::size_t count : {3, 1030}) {
    const std::vector<float> features = random_floats(count * kDimension, 1);
    check_scores(opened.score(features), score(*head, features, count));
  }
}

TEST_CASE("heads take smaller parts of a batch where the device has too little memory for it") {
  const auto head = Head::create(neighbour_spec(kDimension, 400, 2, 3));
  const std::vector<float> features = random_floats(64 * kDimension, 2);
  const std::vector<float> expected = score(*head, features, 64);
  {
    Opened opened(*head);
    cuda_emulation::settings().device_memory_bytes = cuda_emulation::device_bytes_in_use() + 30'000;
    check_scores(opened.score(features), expected);
  }
  cuda_emulation::settings() = {};
  {
    Opened opened(*head);
    cuda_emulation::settings().device_memory_bytes = cuda_emulation::device_bytes_in_use() + 1'000;
    CHECK(error_of([&] { opened.score(features); }).code() == ErrorCode::kOutOfMemory);
    cuda_emulation::settings() = {};
    check_scores(opened.score(features), expected);  // as before
  }
  cuda_emulation::settings().device_memory_bytes = cuda_emulation::device_bytes_in_use() + 1'000;
  CHECK(error_of([&] { Opened none(*head); }).code() == ErrorCode::kOutOfMemory);
  cuda_emulation::settings() = {};
  CHECK(cuda_emulation::count_device_allocations() == 0);
}

}  // namespace
}  // namespace pointsman::test
