// Timings of one thing, many times over.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace pointsman::bench {

// Says on stderr what is under way, so that nothing that takes long is silent.
class Progress {
 public:
  // A line at once.
  void begin(const std::string& what);
  // A line where the last is two seconds old.
  void step(int done, int total);

 private:
  std::string what_;
  std::chrono::steady_clock::time_point last_line_;
};

// Seconds, in ascending order.
class Samples {
 public:
  explicit Samples(std::vector<double> seconds);

  double median() const { return quantile(0.5); }
  // The smallest sample that the share of samples does not exceed.
  double quantile(double share) const;

 private:
  std::vector<double> seconds_;
};

// `sample` is called a tenth as often before, uncounted, then `runs` times, and says how long it took.
Samples sample(int runs, Progress& progress, const std::function<double()>& sample);

// How long `body` takes, in seconds of the wall clock.
double wall_seconds(const std::function<void()>& body);

}  // namespace pointsman::bench
