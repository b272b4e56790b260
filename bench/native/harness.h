// Checks, times and reports one kernel on one shape. Results go to stdout, one JSON object a line.
#pragma once

#include <cstddef>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "peak.h"

namespace pointsman::bench {

struct Case {
  std::string_view kernel;
  std::string shape;
  std::string_view isa;
  std::string_view peak;  // the instruction set whose peak bounds the kernel; one without a loop is none
  double flop;            // arithmetic of one call, a multiply-add counted as two
  double bytes = 0.0;     // read and written by one call; 0 where memory is not what bounds it
  // Largest error of one call's result against the reference's, and what it may be. Called before `run` is
  // timed.
  std::function<double()> error;
  double max_error;
  std::function<void()> run;
};

class Harness {
 public:
  explicit Harness(int rounds) : rounds_(rounds) {}

  // Throws std::runtime_error when the check fails. Medians over rounds; in every round a sample of at least
  // a millisecond follows one of the instruction set's peak, so both saw the same clock. Caches are warm: a
  // sample repeats the call on the same operands, after one call that is not counted.
  void time(const Case& timed) const;

 private:
  int rounds_;
};

// Seeded numbers in [-1, 1).
std::vector<float> random_floats(std::size_t count, unsigned seed);

// Largest |actual - expected| / max(1, |expected|); infinity where one is not finite.
double max_error(std::span<const float> actual, std::span<const float> expected);

}  // namespace pointsman::bench
