#include <string>

#include "families.h"
#include "kernels/select.h"

namespace pointsman::bench {

void bench_gelu(const Harness& harness, const KernelTable& kernels) {
  // Per value: the square's map to [-1, 1] 3, a polynomial of degree 14 28, its place in x Phi(x) 3.
  constexpr double kFlopPerValue = 34.0;
  constexpr std::size_t kCount = std::size_t{256} * 1536;  // feed-forward activations of a full batch
  // In place, again and again: 6 is a fixed point and costs what every value costs, the kernel has no branch.
  std::vector<float> x(kCount, 6.0F);
  harness.time({.kernel = "GELU",
                .shape = "256 x 1536",
                .isa = kernels.name,
                .peak = kernels.name,
                .flop = kFlopPerValue * static_cast<double>(kCount),
                .bytes = 2.0 * sizeof(float) * static_cast<double>(kCount),
                .error =
                    [&] {
                      std::vector<float> actual = random_floats(kCount, 1);
                      for (float& value : actual) value *= 6.0F;
                      std::vector<float> expected = actual;
                      kernel_table("reference").activate(Activation::kGelu, expected.data(), kCount);
                      kernels.activate(Activation::kGelu, actual.data(), kCount);
                      return max_error(actual, expected);
                    },
                .max_error = 1e-5,
                .run = [&] { kernels.activate(Activation::kGelu, x.data(), kCount); }});
}

}  // namespace pointsman::bench
