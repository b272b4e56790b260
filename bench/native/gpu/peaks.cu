#include "gpu/peaks.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "cuda/launch.h"
#include "cuda/memory.h"
#include "cuda/ptx.cuh"
#include "gpu/device_timer.h"

namespace pointsman::bench {

inline constexpr int kThreads = 256;
inline constexpr int kBlocksPerMultiprocessor = 4;  // 1,024 threads, at 64 registers each
// Products of a warp that wait for none of the others: 32 registers of sums.
inline constexpr int kChains = 8;
// Of 16 bytes, that a thread has in flight: 128 KiB a multiprocessor, where a memory of 3.35 TB/s that
// answers after 600 ns needs 15.
inline constexpr int kLoads = 8;
inline constexpr std::uint32_t kOnes = 0x3C003C00U;  // two ones in f16
inline constexpr double kFlopPerProduct = 2.0 * 16 * 8 * 16;

struct MultiplyArgs {
  float* out;  // a number per thread
  std::int32_t steps;
};

// Every product adds 16 to each of its sums. Operands of ones change no bits, so the card's clock suffers
// less than from real ones: a peak that kernels cannot pass.
__global__ void __launch_bounds__(kThreads) multiply_kernel(MultiplyArgs args) {
  const std::uint32_t left[4] = {kOnes, kOnes, kOnes, kOnes};
  float sums[kChains][4] = {};
  for (int step = 0; step < args.steps; ++step) {
#pragma unroll
    for (int i = 0; i < kChains; ++i) cuda::mma_16816<cuda::F16>(sums[i], left, kOnes, kOnes);
  }
  float total = 0;
#pragma unroll
  for (int i = 0; i < kChains; ++i) total += sums[i][0] + sums[i][1] + sums[i][2] + sums[i][3];
  args.out[blockIdx.x * kThreads + threadIdx.x] = total;
}

struct SweepArgs {
  const uint4* from;
  uint4* to;           // of a copy
  std::uint32_t* sum;  // of a read, a number per thread
  std::size_t vectors;
  std::size_t threads;
};

// Calls use(i, from[i]) for what falls to the thread, with so many loads in flight that memory is kept busy.
template <typename Use>
__device__ __forceinline__ void sweep(const SweepArgs& args, std::size_t thread, const Use& use) {
  std::size_t i = thread;
  for (; i + (kLoads - 1) * args.threads < args.vectors; i += kLoads * args.threads) {
    uint4 vectors[kLoads];
#pragma unroll
    for (int load = 0; load < kLoads; ++load) vectors[load] = args.from[i + load * args.threads];
#pragma unroll
    for (int load = 0; load < kLoads; ++load) use(i + load * args.threads, vectors[load]);
  }
  for (; i < args.vectors; i += args.threads) use(i, args.from[i]);
}

// sum = the exclusive or of what each thread reads.
__global__ void __launch_bounds__(kThreads) read_kernel(SweepArgs args) {
  const std::size_t thread = std::size_t{blockIdx.x} * kThreads + threadIdx.x;
  std::uint32_t sum = 0;
  sweep(args, thread,
        [&](std::size_t, const uint4& vector) { sum ^= vector.x ^ vector.y ^ vector.z ^ vector.w; });
  args.sum[thread] = sum;
}

__global__ void __launch_bounds__(kThreads) copy_kernel(SweepArgs args) {
  const std::size_t thread = std::size_t{blockIdx.x} * kThreads + threadIdx.x;
  sweep(args, thread, [&](std::size_t i, const uint4& vector) { args.to[i] = vector; });
}

namespace {

std::size_t threads_of(const Card& card) {
  return static_cast<std::size_t>(card.multiprocessors) * kBlocksPerMultiprocessor * kThreads;
}

class Loops {
 public:
  Loops(const Card& card, std::size_t bytes)
      : threads_(threads_of(card)),
        vectors_(bytes / (2 * sizeof(uint4))),
        memory_(2 * vectors_ * sizeof(uint4), stream_),
        results_(threads_ * sizeof(float), stream_) {}

  const cuda::Stream& stream() const { return stream_; }
  std::size_t threads() const { return threads_; }
  std::size_t read_bytes() const { return 2 * vectors_ * sizeof(uint4); }
  double flop(int steps) const {
    return static_cast<double>(threads() / 32) * kChains * kFlopPerProduct * steps;
  }

  void multiply(int steps) const {
    launch(&multiply_kernel, MultiplyArgs{.out = results_.as<float>(), .steps = steps});
  }
  void read() const {
    launch(&read_kernel, SweepArgs{.from = memory_.as<const uint4>(),
                                   .to = nullptr,
                                   .sum = results_.as<std::uint32_t>(),
                                   .vectors = 2 * vectors_,
                                   .threads = threads()});
  }
  // The first half to the second.
  void copy() const {
    launch(&copy_kernel, SweepArgs{.from = memory_.as<const uint4>(),
                                   .to = memory_.as<uint4>() + vectors_,
                                   .sum = nullptr,
                                   .vectors = vectors_,
                                   .threads = threads()});
  }

  void upload(const std::vector<std::uint32_t>& values) const {
    transfer(memory_.bytes(), values.data(), values.size() * sizeof(std::uint32_t), cudaMemcpyHostToDevice);
  }
  std::vector<std::uint32_t> memory() const {
    return download<std::uint32_t>(memory_, read_bytes() / sizeof(std::uint32_t));
  }
  template <typename T>
  std::vector<T> results() const {
    return download<T>(results_, threads());
  }

 private:
  template <typename Arguments>
  void launch(void (*kernel)(Arguments), const Arguments& arguments) const {
    cuda::launch(kernel, "a loop that measures the card",
                 {.grid = cuda::ceil_divide(threads_, kThreads), .threads = kThreads}, stream_.get(),
                 arguments);
  }
  template <typename T>
  std::vector<T> download(const cuda::DeviceBuffer& from, std::size_t count) const {
    std::vector<T> values(count);
    transfer(values.data(), from.bytes(), count * sizeof(T), cudaMemcpyDeviceToHost);
    return values;
  }
  void transfer(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) const {
    cuda::check(cudaMemcpyAsync(to, from, bytes, kind, stream_.get()), "a copy");
    stream_.wait();
  }

  cuda::Stream stream_;  // before what is freed in its order
  std::size_t threads_;
  std::size_t vectors_;  // of half of the memory
  cuda::DeviceBuffer memory_;
  cuda::DeviceBuffer results_;
};

// Steps that take long enough for a launch not to count.
int steps_of_a_sample(const Loops& loops, const DeviceTimer& timer) {
  constexpr double kSeconds = 5e-3;
  int steps = 1;
  loops.multiply(steps);  // the first launch also loads the kernel
  while (timer.seconds(loops.stream(), [&] { loops.multiply(steps); }) < kSeconds) steps *= 2;
  return steps;
}

}  // namespace

Roof Peaks::roof() const {
  return {flop_per_second, std::max(read_bytes_per_second, copy_bytes_per_second)};
}

void check_peaks(const Card& card) {
  // Reading takes three rounds of a sweep, copying one and a half: whole ones and a rest.
  const std::size_t count = 3 * kLoads * (sizeof(uint4) / sizeof(std::uint32_t)) * threads_of(card);
  const Loops loops(card, count * sizeof(std::uint32_t));
  constexpr int kSteps = 3;
  loops.multiply(kSteps);
  const std::vector<float> products = loops.results<float>();
  const bool multiplies =
      std::ranges::all_of(products, [](float x) { return x == kChains * 4 * 16 * kSteps; });

  std::vector<std::uint32_t> numbers(count);
  std::uint32_t expected = 0;
  for (std::size_t i = 0; i < count; ++i) {
    numbers[i] = static_cast<std::uint32_t>(i * 2654435761U);
    expected ^= numbers[i];
  }
  loops.upload(numbers);
  loops.read();
  std::uint32_t sum = 0;
  for (const std::uint32_t part : loops.results<std::uint32_t>()) sum ^= part;

  loops.copy();
  const std::vector<std::uint32_t> copied = loops.memory();
  std::ranges::copy(std::span(numbers).first(count / 2), std::span(numbers).last(count / 2).begin());
  if (multiplies && sum == expected && copied == numbers) return;
  throw std::runtime_error("the loops that measure the card compute something else than they should");
}

Peaks measure_peaks(const Card& card, std::size_t bytes, int runs, Progress& progress) {
  const Loops loops(card, bytes);  // what the memory holds does not matter
  const DeviceTimer timer;
  const auto median = [&](const std::function<void()>& enqueue) {
    return sample(runs, progress, [&] { return timer.seconds(loops.stream(), enqueue); }).median();
  };
  const int steps = steps_of_a_sample(loops, timer);
  const auto swept = static_cast<double>(loops.read_bytes());
  return {.flop_per_second = loops.flop(steps) / median([&] { loops.multiply(steps); }),
          .read_bytes_per_second = swept / median([&] { loops.read(); }),
          .copy_bytes_per_second = swept / median([&] { loops.copy(); })};
}

}  // namespace pointsman::bench
