#include "gpu/samples.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <utility>

namespace pointsman::bench {

using Clock = std::chrono::steady_clock;

void Progress::begin(const std::string& what) {
  what_ = what;
  last_line_ = Clock::now();
  std::fprintf(stderr, "%s\n", what.c_str());
}

void Progress::step(int done, int total) {
  if (Clock::now() - last_line_ < std::chrono::seconds(2)) return;
  last_line_ = Clock::now();
  std::fprintf(stderr, "%s: %d of %d\n", what_.c_str(), done, total);
}

Samples::Samples(std::vector<double> seconds) : seconds_(std::move(seconds)) {
  std::ranges::sort(seconds_);
}

double Samples::quantile(double share) const {
  const double rank = std::ceil(share * static_cast<double>(seconds_.size()));
  return seconds_[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

Samples sample(int runs, Progress& progress, const std::function<double()>& sample) {
  for (int i = 0; i < (runs + 9) / 10; ++i) sample();
  std::vector<double> seconds;
  for (int i = 0; i < runs; ++i) {
    seconds.push_back(sample());
    progress.step(i + 1, runs);
  }
  return Samples(std::move(seconds));
}

double wall_seconds(const std::function<void()>& body) {
  const Clock::time_point start = Clock::now();
  body();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace pointsman::bench
