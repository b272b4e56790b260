#include "harness.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <stdexcept>

namespace pointsman::bench {
namespace {

constexpr double kSampleSeconds = 1e-3;

// Nanoseconds of one call of `body(calls)` per call.
template <typename Body>
double nanoseconds(std::uint64_t calls, Body body) {
  const auto start = std::chrono::steady_clock::now();
  body(calls);
  const std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - start;
  return elapsed.count() / static_cast<double>(calls);
}

// The number of calls that fills a sample.
template <typename Body>
std::uint64_t calls_per_sample(Body body) {
  std::uint64_t calls = 1;
  while (nanoseconds(calls, body) * static_cast<double>(calls) < 1e9 * kSampleSeconds) calls *= 2;
  return calls;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

const Peak* peak_of(std::string_view isa) {
  for (const Peak& peak : peaks()) {
    if (peak.isa == isa && peak.runs_here) return &peak;
  }
  return nullptr;
}

void check(const Case& timed) {
  const double error = timed.error();
  if (error <= timed.max_error) return;
  throw std::runtime_error(std::string(timed.kernel) + " " + timed.shape + " of " + std::string(timed.isa) +
                           " is wrong: error " + std::to_string(error) + ", allowed " +
                           std::to_string(timed.max_error));
}

}  // namespace

void Harness::time(const Case& timed) const {
  check(timed);
  const auto repeat = [&](std::uint64_t calls) {
    for (std::uint64_t i = 0; i < calls; ++i) timed.run();
  };
  const Peak* peak = peak_of(timed.peak);
  const std::uint64_t calls = calls_per_sample(repeat);
  const std::uint64_t peak_iterations = peak == nullptr ? 0 : calls_per_sample(peak->run);
  std::vector<double> times;
  std::vector<double> peak_rates;
  std::vector<double> shares;
  for (int round = 0; round < rounds_; ++round) {
    if (peak != nullptr)
      peak_rates.push_back(peak->flop_per_iteration / nanoseconds(peak_iterations, peak->run));
    timed.run();
    times.push_back(nanoseconds(calls, repeat));
    if (peak != nullptr) shares.push_back(timed.flop / times.back() / peak_rates.back());
  }
  const double nanos = median(times);
  std::printf(
      R"({"kernel":"%.*s","shape":"%s","isa":"%.*s","microseconds":%.4g,"gflops":%.5g,"gigabytesPerSecond":%.5g)",
      static_cast<int>(timed.kernel.size()), timed.kernel.data(), timed.shape.c_str(),
      static_cast<int>(timed.isa.size()), timed.isa.data(), nanos / 1e3, timed.flop / nanos,
      timed.bytes / nanos);
  if (peak != nullptr) {
    std::printf(R"(,"peakGflops":%.5g,"shareOfPeak":%.4g)", median(peak_rates), median(shares));
  }
  std::printf("}\n");
  std::fflush(stdout);
}

std::vector<float> random_floats(std::size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> uniform(-1.0F, 1.0F);
  std::vector<float> values(count);
  for (float& value : values) value = uniform(engine);
  return values;
}

double max_error(std::span<const float> actual, std::span<const float> expected) {
  double worst = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double wanted = expected[i];
    const double error = std::abs(actual[i] - wanted) / std::max(1.0, std::abs(wanted));
    worst = std::isfinite(error) ? std::max(worst, error) : std::numeric_limits<double>::infinity();
  }
  return worst;
}

}  // namespace pointsman::bench
