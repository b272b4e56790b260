#include <string>

#include "cuda/support.h"
#include "cuda_emulation/settings.h"

namespace pointsman::test {

void for_each_execution(const std::function<void()>& body) {
  using cuda_emulation::AsyncCopies;
  using cuda_emulation::Order;
  cuda_emulation::Settings& settings = cuda_emulation::settings();
  for (const Order order : {Order::kForward, Order::kReverse, Order::kRandom}) {
    for (const AsyncCopies copies : {AsyncCopies::kEager, AsyncCopies::kLazy}) {
      // Random orders stand for all that lie between; both extremes see both landings of copies.
      if (order == Order::kReverse && copies == AsyncCopies::kEager) continue;
      CAPTURE(static_cast<int>(order));
      CAPTURE(static_cast<int>(copies));
      settings.order = order;
      settings.copies = copies;
      body();
    }
  }
  settings = {};
}

}  // namespace pointsman::test
