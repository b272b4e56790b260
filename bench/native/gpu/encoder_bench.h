// One encoder in one format on the GPU: its results are compared first, then it is timed.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "gpu/encoder_case.h"
#include "gpu/figures.h"
#include "gpu/kernel_pass.h"
#include "gpu/options.h"
#include "gpu/samples.h"

namespace pointsman::bench {

inline constexpr double kLeastCosine = 0.999;

class EncoderBench {
 public:
  // Both outlive it.
  EncoderBench(const EncoderCase& measured, cuda::Format format, const Options& options);

  // Compares sequences of every batch that will be timed with the same ones on `oracle`, and a pass of
  // kernels launched one by one with the encoder's, bit for bit. Throws std::runtime_error where one differs.
  void check(const Encoder& oracle, Progress& progress);

  EncoderFigures measure(const Roof& roof, Progress& progress);

 private:
  std::vector<float> run(const Encoder& encoder, const BatchView& batch) const;
  void compare(const Encoder& oracle, const std::vector<std::size_t>& lengths);
  void compare_kernels(const Load& load);
  Load load_of(std::size_t tokens) const;
  std::string label(const std::string& what) const;

  Samples time_passes(const std::vector<std::size_t>& lengths, int runs, Progress& progress) const;
  BatchFigures measure_batch(const Load& load, const Roof& roof, Progress& progress) const;
  std::vector<KernelFigures> measure_kernels(const Load& load, Progress& progress) const;
  LatencyFigures measure_latency(std::size_t tokens, const Roof& roof, Progress& progress) const;

  const EncoderCase& case_;
  cuda::Format format_;
  const Options& options_;
  Sizes sizes_;
  Encoder encoder_;
  std::unique_ptr<KernelPass> kernels_;
  double worst_cosine_ = 1;
};

}  // namespace pointsman::bench
