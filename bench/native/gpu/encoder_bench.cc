#include "gpu/encoder_bench.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>

#include "cuda/memory.h"
#include "gpu/device_timer.h"
#include "gpu/shapes.h"

namespace pointsman::bench {
namespace {

double cosine(std::span<const float> a, std::span<const float> b) {
  double dot = 0;
  double aa = 0;
  double bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += static_cast<double>(a[i]) * b[i];
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
  }
  return dot / std::sqrt(aa * bb);
}

std::vector<std::size_t> lengths_of(const Load& load) {
  return std::vector<std::size_t>(load.sequences, load.length);
}

BatchView one_sequence(const BatchView& batch, std::size_t index, std::span<const std::size_t> offsets) {
  const std::size_t begin = batch.offsets[index];
  const std::size_t length = batch.length(index);
  return {batch.ids.subspan(begin, length), batch.positions.subspan(begin, length), offsets};
}

}  // namespace

EncoderBench::EncoderBench(const EncoderCase& measured, cuda::Format format, const Options& options)
    : case_(measured),
      format_(format),
      options_(options),
      sizes_(sizes_of(measured.config)),
      encoder_(measured.on(make_gpu_backend(measured.config, format))),
      kernels_(make_kernel_pass(measured.config, *measured.random, format)) {}

void EncoderBench::check(const Encoder& oracle, Progress& progress) {
  const std::size_t length = options_.length;
  const auto begin = [&](std::size_t tokens) {
    progress.begin(label("comparing " + std::to_string(tokens) + " tokens with the CPU's result"));
  };
  const std::vector<std::size_t> several = {1, length / 4 + 1, length / 2 + 1, length};
  begin(std::accumulate(several.begin(), several.end(), std::size_t{0}));
  compare(oracle, several);
  for (const std::size_t tokens : options_.latency_tokens) {
    begin(tokens);
    compare(oracle, {tokens});
  }
  for (const std::size_t tokens : options_.tokens) {
    begin(tokens);
    compare(oracle, lengths_of(load_of(tokens)));
    compare_kernels(load_of(tokens));
  }
}

EncoderFigures EncoderBench::measure(const Roof& roof, Progress& progress) {
  EncoderFigures figures{.name = case_.name,
                         .format = name_of(format_),
                         .sizes = sizes_,
                         .worst_cosine = worst_cosine_,
                         .batches = {},
                         .kernels = {},
                         .latencies = {}};
  for (const std::size_t tokens : options_.tokens) {
    const Load load = load_of(tokens);
    figures.batches.push_back(measure_batch(load, roof, progress));
    const std::vector<KernelFigures> kernels = measure_kernels(load, progress);
    figures.kernels.insert(figures.kernels.end(), kernels.begin(), kernels.end());
  }
  for (const std::size_t tokens : options_.latency_tokens) {
    figures.latencies.push_back(measure_latency(tokens, roof, progress));
  }
  return figures;
}

std::vector<float> EncoderBench::run(const Encoder& encoder, const BatchView& batch) const {
  std::vector<float> rows(batch.num_sequences() * sizes_.hidden, NAN);
  encoder.forward(batch, {Pooling::kMean, true}, *encoder.make_workspace(), rows);
  return rows;
}

// The first, middle and last sequence of a large batch, all of a small one.
void EncoderBench::compare(const Encoder& oracle, const std::vector<std::size_t>& lengths) {
  const PackedBatch batch = make_batch(case_.config, lengths);
  const std::vector<float> got = run(encoder_, batch.view());
  const std::size_t count = lengths.size();
  std::set<std::size_t> compared = {0, count / 2, count - 1};
  for (std::size_t i = 0; count <= 4 && i < count; ++i) compared.insert(i);
  for (const std::size_t index : compared) {
    const std::size_t offsets[] = {0, lengths[index]};
    const std::vector<float> expected = run(oracle, one_sequence(batch.view(), index, offsets));
    const double similarity = cosine(std::span(got).subspan(index * sizes_.hidden, sizes_.hidden), expected);
    worst_cosine_ = std::min(worst_cosine_, similarity);
    if (similarity >= kLeastCosine) continue;  // which NaN is not
    throw std::runtime_error(label("sequence " + std::to_string(index) + " of " + std::to_string(count) +
                                   ", " + std::to_string(lengths[index]) + " tokens, has a cosine of " +
                                   std::to_string(similarity) + " to the CPU's result, expected at least " +
                                   std::to_string(kLeastCosine) + "; nothing was timed"));
  }
}

void EncoderBench::compare_kernels(const Load& load) {
  const PackedBatch batch = make_batch(case_.config, lengths_of(load));
  const auto encode = [&] {
    if (case_.weights.empty()) return run(encoder_, batch.view());
    const Encoder random = make_encoder(*case_.random, case_.config, make_gpu_backend(case_.config, format_));
    return run(random, batch.view());
  };
  kernels_->begin(batch.view());
  if (kernels_->run() == encode()) return;
  throw std::runtime_error(
      label("kernels launched one by one give other bits than the encoder; nothing was timed"));
}

Load EncoderBench::load_of(std::size_t tokens) const {
  return {.sequences = std::max<std::size_t>(tokens / options_.length, 1), .length = options_.length};
}

std::string EncoderBench::label(const std::string& what) const {
  return case_.name + ", " + name_of(format_) + ": " + what;
}

// As the product runs it: one workspace, whose memory and graphs are there after the first pass.
Samples EncoderBench::time_passes(const std::vector<std::size_t>& lengths, int runs,
                                  Progress& progress) const {
  const PackedBatch batch = make_batch(case_.config, lengths);
  const auto workspace = encoder_.make_workspace();
  std::vector<float> rows(lengths.size() * sizes_.hidden);
  return sample(runs, progress, [&] {
    return wall_seconds([&] { encoder_.forward(batch.view(), {Pooling::kMean, true}, *workspace, rows); });
  });
}

BatchFigures EncoderBench::measure_batch(const Load& load, const Roof& roof, Progress& progress) const {
  progress.begin(label("batches of " + std::to_string(load.tokens()) + " tokens"));
  const Samples samples = time_passes(lengths_of(load), options_.runs, progress);
  const Work work = pass_work(sizes_, load);
  return {.load = load,
          .seconds = samples.median(),
          .work = work,
          .bound_seconds = roof.seconds(work),
          .kernel_bound_seconds = kernel_by_kernel_seconds(sizes_, load, roof)};
}

// A sample is a graph of launches, so that the host does not count, which read one layer's weights after the
// other's.
std::vector<KernelFigures> EncoderBench::measure_kernels(const Load& load, Progress& progress) const {
  const PackedBatch batch = make_batch(case_.config, lengths_of(load));
  kernels_->begin(batch.view());
  kernels_->run();  // every kernel's inputs are there
  const DeviceTimer timer;
  std::vector<KernelFigures> figures;
  for (const Kernel kernel : kKernels) {
    progress.begin(label(std::string(name_of(kernel)) + " of " + std::to_string(load.tokens()) + " tokens"));
    const cuda::Graph graph(kernels_->stream(), [&] {
      for (int i = 0; i < options_.launches; ++i)
        kernels_->launch(kernel, static_cast<std::size_t>(i) % sizes_.layers);
    });
    const Samples samples = sample(options_.runs, progress, [&] {
      return timer.seconds(kernels_->stream(), [&] { graph.launch(kernels_->stream()); });
    });
    figures.push_back({.kernel = kernel,
                       .load = load,
                       .launches = launches_of(kernel, sizes_),
                       .seconds = samples.median() / options_.launches,
                       .work = work_of(kernel, sizes_, load)});
  }
  return figures;
}

LatencyFigures EncoderBench::measure_latency(std::size_t tokens, const Roof& roof, Progress& progress) const {
  progress.begin(label("single sequences of " + std::to_string(tokens) + " tokens"));
  const Samples samples = time_passes({tokens}, options_.latency_runs, progress);
  return {.tokens = tokens,
          .p50 = samples.median(),
          .p90 = samples.quantile(0.9),
          .p99 = samples.quantile(0.99),
          .kernel_bound_seconds = kernel_by_kernel_seconds(sizes_, {.sequences = 1, .length = tokens}, roof)};
}

}  // namespace pointsman::bench
