#include "gpu/samples.h"

#include "doctest/doctest.h"

namespace pointsman::bench {
namespace {

TEST_CASE("a quantile is the smallest sample that its share does not exceed") {
  const Samples five({5, 1, 4, 2, 3});
  CHECK(five.median() == 3);
  CHECK(five.quantile(0.9) == 5);
  CHECK(five.quantile(0.2) == 1);
  CHECK(Samples({7}).quantile(0.99) == 7);
}

TEST_CASE("samples that warm up are not counted") {
  Progress progress;
  double next = 0;
  const Samples counted = sample(20, progress, [&] { return ++next; });
  CHECK(next == 22);
  CHECK(counted.quantile(0) == 3);
  CHECK(counted.quantile(1) == 22);
}

}  // namespace
}  // namespace pointsman::bench
