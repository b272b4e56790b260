// FLOPs and bytes of a pass, and the time that they take at least (Williams et al. 2009). A multiply-add is
// two FLOPs. Bytes are what a kernel reads and writes once, numbers of 16 bits: an input that it reads twice
// counts once, and nothing is taken to stay in a cache from one kernel to the next.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace pointsman::bench {

enum class Kernel { kEmbedding, kQkv, kAttention, kOutput, kLayerNorm, kUp, kDown, kPooling };

inline constexpr std::array kKernels = {Kernel::kEmbedding, Kernel::kQkv,       Kernel::kAttention,
                                        Kernel::kOutput,    Kernel::kLayerNorm, Kernel::kUp,
                                        Kernel::kDown,      Kernel::kPooling};

constexpr const char* name_of(Kernel kernel) {
  constexpr std::array kNames = {
      "embedding",  "queries, keys, values", "attention",       "output projection",
      "layer norm", "up-projection",         "down-projection", "pooling"};
  return kNames[static_cast<std::size_t>(kernel)];
}

// The sizes of an encoder that its work depends on.
struct Sizes {
  std::size_t hidden;
  std::size_t intermediate;
  std::size_t layers;
};

struct Load {
  std::size_t sequences;
  std::size_t length;  // of each

  constexpr std::size_t tokens() const noexcept { return sequences * length; }
};

struct Work {
  double flop = 0;
  double activation_bytes = 0;
  double weight_bytes = 0;  // read once a launch, however many tokens there are

  constexpr double bytes() const noexcept { return activation_bytes + weight_bytes; }
  constexpr double flop_per_byte() const noexcept { return flop / bytes(); }
};

constexpr Work operator+(const Work& a, const Work& b) {
  return {a.flop + b.flop, a.activation_bytes + b.activation_bytes, a.weight_bytes + b.weight_bytes};
}

constexpr Work operator*(double times, const Work& work) {
  return {times * work.flop, times * work.activation_bytes, times * work.weight_bytes};
}

// What a device reaches at most.
struct Roof {
  double flop_per_second;
  double bytes_per_second;

  constexpr double flop_per_byte() const noexcept { return flop_per_second / bytes_per_second; }
  bool is_arithmetic(const Work& work) const noexcept { return work.flop_per_byte() > flop_per_byte(); }
  double seconds(const Work& work) const noexcept {
    return std::max(work.flop / flop_per_second, work.bytes() / bytes_per_second);
  }
};

// In a pass.
constexpr std::size_t launches_of(Kernel kernel, const Sizes& sizes) {
  if (kernel == Kernel::kEmbedding || kernel == Kernel::kPooling) return 1;
  return kernel == Kernel::kLayerNorm ? 2 * sizes.layers : sizes.layers;
}

inline constexpr double kStoredBytes = 2;
inline constexpr double kFloatBytes = 4;  // of biases, layer norms' weights, positions and pooled rows
// Of a layer norm, a number: mean 1, centre 1, square and sum 2, centre 1, scale 1, gamma and beta 2.
inline constexpr double kNormFlop = 8;

// from [tokens, inputs] · weightᵀ + bias; `others` are further numbers read per token, the residual.
constexpr Work linear_work(double tokens, double outputs, double inputs, double others) {
  return {.flop = 2 * tokens * outputs * inputs,
          .activation_bytes = kStoredBytes * tokens * (inputs + others + outputs),
          .weight_bytes = kStoredBytes * outputs * inputs + kFloatBytes * outputs};
}

// One launch.
constexpr Work work_of(Kernel kernel, const Sizes& sizes, const Load& load) {
  const auto tokens = static_cast<double>(load.tokens());
  const auto length = static_cast<double>(load.length);
  const auto hidden = static_cast<double>(sizes.hidden);
  const auto wide = static_cast<double>(sizes.intermediate);
  const double norm_bytes = 2 * kFloatBytes * hidden;
  switch (kernel) {
    case Kernel::kEmbedding:  // a word's row and its id and position; positions are rows of a small table
      return {.flop = (1 + kNormFlop) * tokens * hidden,
              .activation_bytes = tokens * (2 * kStoredBytes * hidden + 2 * 4),
              .weight_bytes = kFloatBytes * length * hidden + norm_bytes};
    case Kernel::kQkv:
      return linear_work(tokens, 3 * hidden, hidden, 0);
    case Kernel::kAttention:  // two products of [length, head_dim] a head; the softmax is not counted
      return {.flop = 4 * tokens * length * hidden, .activation_bytes = kStoredBytes * tokens * 4 * hidden};
    case Kernel::kOutput:
      return linear_work(tokens, hidden, hidden, hidden);
    case Kernel::kLayerNorm:
      return {.flop = kNormFlop * tokens * hidden,
              .activation_bytes = kStoredBytes * tokens * 2 * hidden,
              .weight_bytes = norm_bytes};
    case Kernel::kUp:
      return linear_work(tokens, wide, hidden, 0);
    case Kernel::kDown:
      return linear_work(tokens, hidden, wide, hidden);
    case Kernel::kPooling:
      return {.flop = tokens * hidden,
              .activation_bytes =
                  hidden * (kStoredBytes * tokens + kFloatBytes * static_cast<double>(load.sequences))};
  }
  return {};
}

constexpr bool is_product(Kernel kernel) {
  return kernel == Kernel::kQkv || kernel == Kernel::kOutput || kernel == Kernel::kUp ||
         kernel == Kernel::kDown;
}

// Of all launches of a pass for which `counts` is true.
template <typename Counts>
constexpr Work pass_work(const Sizes& sizes, const Load& load, const Counts& counts) {
  Work sum;
  for (const Kernel kernel : kKernels) {
    if (!counts(kernel)) continue;
    sum = sum + static_cast<double>(launches_of(kernel, sizes)) * work_of(kernel, sizes, load);
  }
  return sum;
}

constexpr Work pass_work(const Sizes& sizes, const Load& load) {
  return pass_work(sizes, load, [](Kernel) { return true; });
}

constexpr std::size_t pass_launches(const Sizes& sizes) {
  std::size_t sum = 0;
  for (const Kernel kernel : kKernels) sum += launches_of(kernel, sizes);
  return sum;
}

// Kernels run one after the other, so one's arithmetic does not hide another's memory: the sum of their own
// bounds, which is what a pass of these kernels can reach. Roof::seconds of pass_work is what any pass can.
inline double kernel_by_kernel_seconds(const Sizes& sizes, const Load& load, const Roof& roof) {
  double seconds = 0;
  for (const Kernel kernel : kKernels) {
    seconds += static_cast<double>(launches_of(kernel, sizes)) * roof.seconds(work_of(kernel, sizes, load));
  }
  return seconds;
}

}  // namespace pointsman::bench
