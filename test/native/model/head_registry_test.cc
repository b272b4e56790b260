#include "engine/head_registry.h"

#include <thread>
#include <vector>

#include "model/support.h"

namespace pointsman::test {
namespace {

std::shared_ptr<const Head> any_head() {
  return Head::create(ConstantHeadSpec{{0.5F}});
}

TEST_CASE("a head is found by its id while a holder lives, and is disposed after") {
  const std::size_t before = HeadRegistry::size();
  auto head = any_head();
  const std::uint64_t id = HeadRegistry::add(head);
  CHECK(HeadRegistry::find(id) == head);
  CHECK(HeadRegistry::size() == before + 1);
  auto second_holder = HeadRegistry::find(id);
  head.reset();
  CHECK(HeadRegistry::find(id) == second_holder);
  second_holder.reset();
  CHECK(HeadRegistry::size() == before);
  check_error(ErrorCode::kDisposed,
              "head " + std::to_string(id) +
                  " was disposed by its last holder; keep it alive until others have attached",
              [&] { HeadRegistry::find(id); });
}

TEST_CASE("ids are never used again and an id nobody got is an invalid argument") {
  const std::uint64_t first = HeadRegistry::add(any_head());
  const auto head = any_head();
  const std::uint64_t second = HeadRegistry::add(head);
  CHECK(second > first);
  for (const std::uint64_t id : {std::uint64_t{0}, second + 1}) {
    check_error(ErrorCode::kInvalidArgument,
                "no head has the id " + std::to_string(id) + "; ids so far: 1 to " + std::to_string(second),
                [&] { HeadRegistry::find(id); });
  }
}

TEST_CASE("threads may add, find and drop heads at once") {
  const std::size_t before = HeadRegistry::size();
  const auto shared = any_head();
  const std::uint64_t shared_id = HeadRegistry::add(shared);
  std::vector<std::thread> threads;
  std::atomic<int> found{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const auto own = any_head();
        const std::uint64_t id = HeadRegistry::add(own);
        if (HeadRegistry::find(id) == own && HeadRegistry::find(shared_id) == shared) ++found;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(found == 800);
  CHECK(HeadRegistry::size() == before + 1);
}

}  // namespace
}  // namespace pointsman::test
